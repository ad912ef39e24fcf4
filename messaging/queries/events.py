"""What happened in a person's conversations, as both doors tell it.

The shape of a message stands here and nowhere else: the API and the socket answer with
it, so an app reads both with one model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from messaging.models import Message, Participant, PersonEvent, PersonLog
from messaging.queries.conversations import (
    conversation_as_json,
    conversations_of,
    cursors_as_json,
    message_as_json,
)

MAX_EVENTS = 300
NO_EPOCH = UUID(int=0)
_KIND = PersonEvent.Kind


@dataclass(frozen=True, slots=True)
class Head:
    """Where a person's log stands: its *epoch*, and the number of its last event."""

    epoch: UUID
    useq: int


def head_of(person_id: UUID) -> Head:
    """Return where the log of *person_id* stands; of somebody without one, 0."""
    log = PersonLog.objects.filter(person_id=person_id).first()
    return Head(log.epoch, log.last_useq) if log else Head(NO_EPOCH, 0)


def events_after(
    person_id: UUID, useq: int, *, limit: int = MAX_EVENTS
) -> list[dict[str, Any]]:
    """Return what the log of *person_id* holds after *useq*, oldest first, as JSON.

    At most *limit* events, in a constant number of queries. The first one's ``useq`` is
    ``useq + 1``: when it is not, what lies between is gone and the app starts over.
    """
    after = PersonEvent.objects.filter(person_id=person_id, useq__gt=useq)
    return events_as_json(list(after.order_by("useq")[:limit]))


def events_as_json(events: Sequence[PersonEvent]) -> list[dict[str, Any]]:
    """Return *events*, of one person or of several, as their apps are told them."""
    messages = _messages_of(events)
    cursors = _cursors_of(
        {item.conversation_id for item in events if item.kind == _KIND.CURSOR}
    )
    conversations = _conversations_of(events)
    told = []
    for event in events:
        body: dict[str, Any] = {
            "useq": event.useq,
            "kind": event.kind,
            "conversation_id": str(event.conversation_id),
            "seq": event.seq,
        }
        if event.kind in (_KIND.MESSAGE, _KIND.HIDDEN):
            found = messages[event.conversation_id, event.seq]
            body["message"] = message_as_json(found)
        elif event.kind == _KIND.CURSOR:
            body["cursors"] = cursors[event.conversation_id]
        else:
            row = conversations[event.person_id, event.conversation_id]
            body["conversation"] = conversation_as_json(row)
        told.append(body)
    return told


def _messages_of(events: Collection[PersonEvent]) -> dict[tuple[UUID, int], Message]:
    wanted: dict[UUID, list[int]] = {}
    for event in events:
        if event.seq:
            wanted.setdefault(event.conversation_id, []).append(event.seq)
    if not wanted:
        return {}
    places = Q()
    for conversation_id, seqs in wanted.items():
        places |= Q(conversation_id=conversation_id, seq__in=seqs)
    rows = Message.objects.filter(places).select_related("hiding")
    return {(row.conversation_id, row.seq): row for row in rows}


def _conversations_of(
    events: Collection[PersonEvent],
) -> dict[tuple[UUID, UUID], Any]:
    opened: dict[UUID, set[UUID]] = {}
    for event in events:
        if event.kind == _KIND.CONVERSATION:
            opened.setdefault(event.person_id, set()).add(event.conversation_id)
    return {
        (person_id, row.pk): row
        for person_id, ids in opened.items()
        for row in conversations_of(person_id, ids)
    }


def _cursors_of(conversation_ids: set[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[Participant]] = {}
    if conversation_ids:
        parts = Participant.objects.filter(conversation_id__in=conversation_ids)
        for part in parts.order_by("conversation_id", "person_id"):
            found.setdefault(part.conversation_id, []).append(part)
    return {pk: cursors_as_json(parts) for pk, parts in found.items()}
