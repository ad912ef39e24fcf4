"""Writing to people's logs: numbers without a gap, in one order of locks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from messaging.models import PersonEvent, PersonLog


def ensure_logs(people: Collection[UUID]) -> None:
    """Give each of *people* a log, unless they have one.

    In the order of their ids: two callers who name the same people the other way round
    would wait for each other's inserts.
    """
    logs = [PersonLog(person_id=person_id) for person_id in sorted(people)]
    PersonLog.objects.bulk_create(logs, ignore_conflicts=True)


def write_events(
    people: Collection[UUID], kind: str, *, conversation_id: UUID, seq: int = 0
) -> dict[UUID, int]:
    """Write one event into the log of each of *people*; return the ``useq`` each got.

    Call it inside the transaction that makes the event true, last of all. Locks the logs
    in the order of the people's ids, after the conversation's row where that is held.
    """
    logs = list(
        PersonLog.objects.select_for_update(no_key=True)
        .filter(person_id__in=people)
        .order_by("person_id")
    )
    for log in logs:
        log.last_useq += 1
    PersonLog.objects.bulk_update(logs, ["last_useq"])
    PersonEvent.objects.bulk_create(
        PersonEvent(
            person_id=log.person_id,
            useq=log.last_useq,
            kind=kind,
            conversation_id=conversation_id,
            seq=seq,
        )
        for log in logs
    )
    return {log.person_id: log.last_useq for log in logs}
