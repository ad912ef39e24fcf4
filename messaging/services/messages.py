"""Writing messages and moving cursors: in one order, once, told to everybody's log.

Locks: the conversation's row, then the participants' logs by the order of their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core import limits
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, StateConflict
from messaging.models import Conversation, Message, Participant, PersonEvent
from messaging.services.person_logs import tell_participants
from messaging.services.texts import clean_text

WRITTEN_A_MINUTE = 60
MINUTE = timedelta(minutes=1)


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
    TextRefused, RateLimited. Locks the conversation, then the logs. *moved* is for the
    doors, which hint it to open sockets after the commit.
    """
    text = clean_text(body)
    try:
        return _write(conversation_id, sender, client_id, text, now)
    except IntegrityError:
        # The same id came for another conversation at the same moment.
        stored = _stored(sender, client_id)
        if stored is None:
            raise
        return _same(stored, conversation_id, text)


@transaction.atomic
def _write(
    conversation_id: UUID, sender: User, client_id: UUID, text: str, now: datetime
) -> Posted:
    conversation = locked(Conversation.objects.visible_to(sender), conversation_id)
    stored = _stored(sender, client_id)
    if stored is not None:
        return _same(stored, conversation_id, text)
    # Inside the transaction, for once: nothing that follows refuses the message, and a
    # commit of its own would double what a message waits for the disk.
    limits.take(
        "message", str(sender.pk), limit=WRITTEN_A_MINUTE, window=MINUTE, now=now
    )
    seq = conversation.last_seq + 1
    message = Message(
        conversation=conversation,
        seq=seq,
        sender=sender,
        client_id=client_id,
        body=text,
        digest=digest_of(conversation_id, seq, sender.pk, text),
        created_at=now,
    )
    message.save()
    conversation.last_seq = seq
    conversation.active_at = max(conversation.active_at, now)
    conversation.save(update_fields=["last_seq", "active_at"])
    moved = tell_participants(conversation_id, PersonEvent.Kind.MESSAGE, seq=seq)
    return Posted(message, is_new=True, moved=moved)


@transaction.atomic
def move_cursor(
    *, conversation_id: UUID, person: User, delivered_seq: int, read_seq: int
) -> CursorsMoved:
    """Move *person*'s cursors up to these numbers; a lower one moves nothing.

    Reports may come late, twice or in any order: each cursor is the greatest number ever
    told, and no greater than the last message's. Raises NotFound. Locks the person's
    participation, then the logs.
    """
    part = (
        Participant.objects.select_for_update(no_key=True, of=("self",))
        .filter(conversation_id=conversation_id, person_id=person.pk)
        .first()
    )
    if part is None:
        raise NotFound
    last_seq = Conversation.objects.values_list("last_seq", flat=True).get(
        pk=conversation_id
    )
    read = max(part.read_seq, min(read_seq, last_seq))
    delivered = max(part.delivered_seq, min(delivered_seq, last_seq), read)
    if (delivered, read) == (part.delivered_seq, part.read_seq):
        return CursorsMoved(part, moved={})
    part.delivered_seq, part.read_seq = delivered, read
    part.save(update_fields=["delivered_seq", "read_seq"])
    moved = tell_participants(conversation_id, PersonEvent.Kind.CURSOR)
    return CursorsMoved(part, moved=moved)


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
