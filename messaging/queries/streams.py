"""The logs of many people at once: what the process that holds their sockets reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from messaging.models import PersonEvent, PersonLog
from messaging.queries.events import events_as_json

# One index walk for each place, however many events there are beyond the page.
_AFTER = """
SELECT e.*, w.place
FROM unnest(%(people)s::uuid[], %(after)s::bigint[])
     WITH ORDINALITY AS w(wanted, after, place)
CROSS JOIN LATERAL (
  SELECT * FROM messaging_personevent
  WHERE person_id = w.wanted AND useq > w.after ORDER BY useq LIMIT %(limit)s
) e
ORDER BY w.place, e.useq
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person's log stands, and whether they may still be here."""

    epoch: UUID
    useq: int
    is_active: bool


def events_of_many(
    wanted: Sequence[tuple[UUID, int]], *, limit: int
) -> list[list[dict[str, Any]]]:
    """Return, for each (person, useq) *wanted*, what `events_after` would, in its place.

    In a constant number of queries, and one more for each person whose conversation was
    opened.
    """
    rows: list[Any] = list(
        PersonEvent.objects.raw(
            _AFTER,
            {
                "people": [person_id for person_id, _after in wanted],
                "after": [after for _person_id, after in wanted],
                "limit": limit,
            },
        )
    )
    found: list[list[dict[str, Any]]] = [[] for _place in wanted]
    for row, told in zip(rows, events_as_json(rows), strict=True):
        found[row.place - 1].append(told)
    return found


def standings_of(people: Collection[UUID]) -> dict[UUID, Standing]:
    """Return where the logs of *people* stand, in one query; nobody without a log."""
    rows = PersonLog.objects.filter(person_id__in=people).values_list(
        "person_id", "epoch", "last_useq", "person__is_active"
    )
    return {pk: Standing(epoch, useq, active) for pk, epoch, useq, active in rows}
