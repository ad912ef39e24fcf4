"""Writing to people's logs: numbers without a gap, in one order of locks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F

from messaging.models import Participant, PersonEvent, PersonLog


def ensure_logs(people: Collection[UUID]) -> None:
    """Give each of *people* a log, unless they have one.

    In the order of their ids: two callers who name the same people the other way round
    would wait for each other's inserts.
    """
    logs = [PersonLog(person_id=person_id) for person_id in sorted(people)]
    PersonLog.objects.bulk_create(logs, ignore_conflicts=True)


def tell_participants(
    conversation_id: UUID, kind: str, *, seq: int = 0, only: UUID | None = None
) -> dict[UUID, int]:
    """Write one event into the log of each participant; return the ``useq`` each got.

    *only* names one of them, for what is nobody else's business.
    Call it inside the transaction that makes the event true, last of all. Locks the logs
    in the order of the people's ids, after the conversation's row where that is held.
    """
    parts = Participant.objects.filter(conversation_id=conversation_id)
    if only is not None:
        parts = parts.filter(person_id=only)
    logs = list(
        PersonLog.objects.select_for_update(no_key=True)
        .filter(person_id__in=parts.values("person_id"))
        .order_by("person_id")
    )
    PersonLog.objects.filter(pk__in=[log.pk for log in logs]).update(
        last_useq=F("last_useq") + 1
    )
    moved = {log.person_id: log.last_useq + 1 for log in logs}
    PersonEvent.objects.bulk_create(
        PersonEvent(
            person_id=person_id,
            useq=useq,
            kind=kind,
            conversation_id=conversation_id,
            seq=seq,
        )
        for person_id, useq in moved.items()
    )
    return moved
