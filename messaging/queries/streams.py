"""Where many people's logs stand: what the process that holds their sockets asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from accounts.models import Session
from messaging.models import PersonLog


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person's log stands, and whether they may still be here."""

    epoch: UUID
    useq: int
    is_active: bool
    sessions: frozenset[UUID]
    """Those that go on: a socket ends with the one it was opened from."""


def standings_of(people: Collection[UUID]) -> dict[UUID, Standing]:
    """Return where the logs of *people* stand, in one query; nobody without a log."""
    alive = Session.objects.filter(user_id=OuterRef("person_id"), ended_at=None)
    rows = PersonLog.objects.filter(person_id__in=people).values_list(
        "person_id",
        "epoch",
        "last_useq",
        "person__is_active",
        ArraySubquery(alive.values("pk")),
    )
    return {
        pk: Standing(epoch, useq, active, frozenset(sessions))
        for pk, epoch, useq, active, sessions in rows
    }
