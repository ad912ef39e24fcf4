"""Writing to people's logs: numbers without a gap, in one order of locks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.models import PersonLog

# One statement and not four through the ORM: every message waits for it. `held` sorts
# before it locks; each event's key is a UUIDv7 too, of *stamp*'s millisecond.
TELL = """
WITH held AS (
  SELECT id FROM messaging_personlog
  WHERE person_id IN (
    SELECT person_id FROM messaging_participant
    WHERE conversation_id = %(conversation)s
      AND (%(only)s::uuid IS NULL OR person_id = %(only)s::uuid)
  )
  ORDER BY person_id FOR NO KEY UPDATE
), counted AS (
  UPDATE messaging_personlog log SET last_useq = log.last_useq + 1
  FROM held WHERE log.id = held.id
  RETURNING log.person_id, log.last_useq
)
INSERT INTO messaging_personevent
  (id, created_at, person_id, useq, kind, conversation_id, seq)
SELECT overlay(gen_random_uuid()::text PLACING %(stamp)s FROM 1)::uuid, %(now)s,
       person_id, last_useq, %(kind)s, %(conversation)s, %(seq)s
FROM counted
RETURNING person_id, useq
"""


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
    values = {
        "conversation": conversation_id,
        "only": only,
        "kind": str(kind),
        "seq": seq,
        "now": clock.now(),
        "stamp": str(uuid7())[:18],
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, values)
        return dict(cursor.fetchall())
