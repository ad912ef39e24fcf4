"""Where many people's logs stand: what the process that holds their sockets asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from messaging.models import PersonLog


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person's log stands, and whether they may still be here."""

    epoch: UUID
    useq: int
    is_active: bool


def standings_of(people: Collection[UUID]) -> dict[UUID, Standing]:
    """Return where the logs of *people* stand, in one query; nobody without a log."""
    rows = PersonLog.objects.filter(person_id__in=people).values_list(
        "person_id", "epoch", "last_useq", "person__is_active"
    )
    return {pk: Standing(epoch, useq, active) for pk, epoch, useq, active in rows}
