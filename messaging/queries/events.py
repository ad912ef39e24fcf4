"""What happened in people's conversations, as both doors tell it.

Read by columns, without models: the process that holds the sockets reads every message
once for each participant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from messaging.models import PersonEvent, PersonLog
from messaging.queries.conversations import (
    conversation_as_json,
    conversations_of,
    message_shape,
)

MAX_EVENTS = 300
NO_EPOCH = UUID(int=0)
_KIND = PersonEvent.Kind

# One index walk for each place, however many events there are beyond the page, and one
# for each message: OFFSET 0 keeps the planner, which expects full pages, from reading
# the whole table of messages instead.
_AFTER = """
SELECT w.place, e.useq, e.kind, e.conversation_id::text, e.seq, m.*
FROM unnest(%(people)s::uuid[], %(after)s::bigint[])
     WITH ORDINALITY AS w(wanted, after, place)
CROSS JOIN LATERAL (
  SELECT useq, kind, conversation_id, seq FROM messaging_personevent
  WHERE person_id = w.wanted AND useq > w.after ORDER BY useq LIMIT %(limit)s
) e
LEFT JOIN LATERAL (
  SELECT m.id::text, m.client_id::text, m.sender_id::text,
         CASE WHEN h.id IS NULL THEN m.body ELSE '' END, h.id IS NOT NULL, m.created_at
  FROM messaging_message m
  LEFT JOIN messaging_messagehiding h ON h.message_id = m.id
  WHERE m.conversation_id = e.conversation_id AND m.seq = e.seq
  OFFSET 0
) m ON e.seq > 0
ORDER BY w.place, e.useq
"""
_CURSORS = """
SELECT conversation_id::text, person_id::text, delivered_seq, read_seq
FROM messaging_participant WHERE conversation_id = ANY(%s::uuid[])
ORDER BY conversation_id, person_id
"""
_Row = tuple[Any, ...]


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
    [told] = events_of_many([(person_id, useq)], limit=limit)
    return told


def events_of_many(
    wanted: Sequence[tuple[UUID, int]], *, limit: int
) -> list[list[dict[str, Any]]]:
    """Return, for each (person, useq) *wanted*, what `events_after` would, in its place.

    In a constant number of queries, and one more for each person whose conversation was
    opened.
    """
    values: dict[str, Any] = {
        "people": [person_id for person_id, _after in wanted],
        "after": [after for _person_id, after in wanted],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, values)
        rows: list[_Row] = cursor.fetchall()
    cursors = _cursors_of({row[3] for row in rows if row[2] == _KIND.CURSOR})
    opened = _opened(wanted, rows)
    found: list[list[dict[str, Any]]] = [[] for _place in wanted]
    for place, useq, kind, conversation_id, seq, *message in rows:
        event: dict[str, Any] = {
            "useq": useq,
            "kind": kind,
            "conversation_id": conversation_id,
            "seq": seq,
        }
        if seq:
            pk, *others = message
            event["message"] = message_shape(pk, conversation_id, seq, *others)
        elif kind == _KIND.CURSOR:
            event["cursors"] = cursors[conversation_id]
        else:
            event["conversation"] = opened[place, conversation_id]
        found[place - 1].append(event)
    return found


def _opened(
    wanted: Sequence[tuple[UUID, int]], rows: Sequence[_Row]
) -> Mapping[tuple[int, str], dict[str, Any]]:
    asked: dict[int, set[UUID]] = {}
    for place, _useq, kind, conversation_id, *_others in rows:
        if kind == _KIND.CONVERSATION:
            asked.setdefault(place, set()).add(UUID(conversation_id))
    return {
        (place, str(row.pk)): conversation_as_json(row)
        for place, ids in asked.items()
        for row in conversations_of(wanted[place - 1][0], ids)
    }


def _cursors_of(conversation_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute(_CURSORS, [list(conversation_ids)])
            for conversation_id, person_id, delivered, read in cursor.fetchall():
                told = {
                    "person_id": person_id,
                    "delivered_seq": delivered,
                    "read_seq": read,
                }
                found.setdefault(conversation_id, []).append(told)
    return found
