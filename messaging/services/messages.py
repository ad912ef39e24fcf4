"""Writing messages and moving cursors: in one order, once, told to everybody's log.

Locks: the conversation's row, then the participants' logs by the order of their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.moderation.standing import restricted
from lokahome.core import limits
from lokahome.core.errors import NotFound, RateLimited, StateConflict
from messaging.models import Message, Participant, PersonEvent
from messaging.services.person_logs import tell_participants
from messaging.services.texts import clean_text

WRITTEN_A_MINUTE = 60
MINUTE = timedelta(minutes=1)

# Fixed texts, prepared once for each connection: through the ORM a message cost five
# times the processor time. Who does not take part finds no row to lock, as everywhere
# (`visible_to`). The look for the message is as old as the statement: of two equal ones
# at once the second does not see the first; the limit, or INSERT, stops it.
LOCK = """
SELECT c.last_seq, m.id IS NOT NULL, u.is_restricted
FROM messaging_conversation c
JOIN accounts_user u ON u.id = %(sender)s
LEFT JOIN messaging_message m
  ON m.sender_id = %(sender)s AND m.client_id = %(client_id)s
WHERE c.id = %(conversation)s AND EXISTS (
  SELECT FROM messaging_participant p
  WHERE p.conversation_id = c.id AND p.person_id = %(sender)s
)
FOR NO KEY UPDATE OF c
"""
INSERT = """
WITH written AS (
  INSERT INTO messaging_message
    (id, created_at, conversation_id, seq, sender_id, client_id, body, digest)
  VALUES (%(id)s, %(now)s, %(conversation)s, %(seq)s, %(sender)s, %(client_id)s,
          %(body)s, %(digest)s)
  ON CONFLICT (sender_id, client_id) DO NOTHING
  RETURNING conversation_id, seq, created_at
)
UPDATE messaging_conversation c
SET last_seq = w.seq, active_at = greatest(c.active_at, w.created_at)
FROM written w WHERE c.id = w.conversation_id
RETURNING c.id
"""
MOVE = """
UPDATE messaging_participant p SET
  read_seq = greatest(p.read_seq, told.read),
  delivered_seq = greatest(p.delivered_seq, told.read, told.delivered)
FROM (
  SELECT least(%(read)s::bigint, last_seq) AS read,
         least(%(delivered)s::bigint, last_seq) AS delivered
  FROM messaging_conversation WHERE id = %(conversation)s
) told
WHERE p.conversation_id = %(conversation)s AND p.person_id = %(person)s
  AND (told.read > p.read_seq OR told.delivered > p.delivered_seq)
RETURNING p.*
"""


class _IsThere(Exception):
    """The sender wrote a message of this ``client_id`` before; nothing was written."""


class ClientIdReused(StateConflict):
    """The ``client_id`` names another message of the same sender already."""

    code = "message.client_id_reused"
    title = gettext_lazy("Cet identifiant a déjà servi à un autre message")


@dataclass(frozen=True, slots=True)
class Posted:
    """A message; whether it is new; whose log moved, and to which ``useq``."""

    message: Message
    is_new: bool
    moved: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class CursorsMoved:
    """A person's cursors as they are now; whose log moved, and to which ``useq``."""

    participant: Participant
    moved: Mapping[UUID, int]


def post_message(
    *, conversation_id: UUID, sender: User, client_id: UUID, body: str, now: datetime
) -> Posted:
    """Write *body* into the conversation as *sender*.

    The same *client_id* with the same words returns the message that is there, as often
    as it is asked, and counts for no limit. Raises NotFound for a conversation that is
    not the sender's, ClientIdReused for other words or another conversation,
    TextRefused, RateLimited, AccountRestricted. Locks the conversation, then the logs. *moved* is for the
    doors, which hint it to open sockets after the commit.
    """
    text = clean_text(body)
    try:
        return _write(conversation_id, sender, client_id, text, now)
    except (_IsThere, RateLimited):
        stored = _stored(sender, client_id)
        if stored is None:
            raise
        return _same(stored, conversation_id, text)


@transaction.atomic
def _write(
    conversation_id: UUID, sender: User, client_id: UUID, text: str, now: datetime
) -> Posted:
    last_seq = _locked(conversation_id, sender, client_id)
    # Inside the transaction, for once: nothing that follows refuses the message, and a
    # commit of its own would double what a message waits for the disk.
    limits.take(
        "message", str(sender.pk), limit=WRITTEN_A_MINUTE, window=MINUTE, now=now
    )
    seq = last_seq + 1
    message = Message(
        conversation_id=conversation_id,
        seq=seq,
        sender=sender,
        client_id=client_id,
        body=text,
        digest=digest_of(conversation_id, seq, sender.pk, text),
        created_at=now,
    )
    _insert(message)
    moved = tell_participants(conversation_id, PersonEvent.Kind.MESSAGE, seq=seq)
    return Posted(message, is_new=True, moved=moved)


def _locked(conversation_id: UUID, sender: User, client_id: UUID) -> int:
    """Lock the conversation and return its ``last_seq``, or raise NotFound, _IsThere."""
    values = {
        "conversation": conversation_id,
        "sender": sender.pk,
        "client_id": client_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK, values)
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    last_seq, is_there, is_restricted = row
    if is_there:
        raise _IsThere
    if is_restricted:  # sockets and SMS write here too, not the API alone
        raise restricted(sender.pk)
    return int(last_seq)


def _insert(message: Message) -> None:
    """Store *message* and count it in its conversation, or raise _IsThere."""
    values: dict[str, Any] = {
        "id": message.pk,
        "now": message.created_at,
        "conversation": message.conversation_id,
        "seq": message.seq,
        "sender": message.sender_id,
        "client_id": message.client_id,
        "body": message.body,
        "digest": message.digest,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        if cursor.fetchone() is None:
            raise _IsThere
    message._state.adding = False
    message._state.db = connection.alias


@transaction.atomic
def move_cursor(
    *, conversation_id: UUID, person: User, delivered_seq: int, read_seq: int
) -> CursorsMoved:
    """Move *person*'s cursors up to these numbers; a lower one moves nothing.

    Reports may come late, twice or in any order: each cursor is the greatest number ever
    told, and no greater than the last message's. Raises NotFound. Locks the person's
    participation, then the logs.
    """
    values = {
        "conversation": conversation_id,
        "person": person.pk,
        "delivered": delivered_seq,
        "read": read_seq,
    }
    for part in Participant.objects.raw(MOVE, values):
        moved = tell_participants(conversation_id, PersonEvent.Kind.CURSOR)
        return CursorsMoved(part, moved=moved)
    mine = Participant.objects.filter(conversation_id=conversation_id)
    stays = mine.filter(person_id=person.pk).first()
    if stays is None:
        raise NotFound
    return CursorsMoved(stays, moved={})


def digest_of(
    conversation_id: UUID, seq: int, sender_id: UUID | None, text: str
) -> str:
    """Return SHA-256 over a message's place, sender and text, in hex."""
    parts = (str(conversation_id), str(seq), str(sender_id or ""), text)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _stored(sender: User, client_id: UUID) -> Message | None:
    return Message.objects.filter(sender=sender, client_id=client_id).first()


def _same(stored: Message, conversation_id: UUID, text: str) -> Posted:
    if stored.conversation_id != conversation_id or stored.body != text:
        raise ClientIdReused
    return Posted(stored, is_new=False, moved={})
