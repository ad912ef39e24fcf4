"""Taking a message out of sight, as the decision of a case says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound
from messaging.models import (
    Conversation,
    Message,
    MessageHiding,
    PersonEvent,
)
from messaging.services.person_logs import tell_participants


def hidden_message(*, kind: str, decision: str, subject: str) -> UUID | None:
    """Return the message that a decided case hides, None for any other answer."""
    _noun, _colon, message_id = subject.partition(":")
    return UUID(message_id) if (kind, decision) == ("message_report", "hide") else None


@transaction.atomic
def hide_message(
    *, message_id: UUID, case_id: UUID, now: datetime
) -> Mapping[UUID, int]:
    """Hide the message from everybody in its conversation; twice is harmless.

    Its row stays as evidence. Returns whose logs moved, and to which ``useq``. Raises
    NotFound. Locks the conversation, then the logs.
    """
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    locked(Conversation.objects.all(), message.conversation_id)
    if MessageHiding.objects.filter(message=message).exists():
        return {}
    MessageHiding(message=message, case_id=case_id, hidden_at=now).save()
    return tell_participants(
        message.conversation_id, PersonEvent.Kind.HIDDEN, seq=message.seq
    )


@transaction.atomic
def show_message(
    *, message_id: UUID, actor_id: UUID | None, now: datetime
) -> Mapping[UUID, int]:
    """Show a hidden message again, as an appeal decided; twice is harmless.

    Returns whose logs moved, and to which ``useq``. Raises NotFound. Locks the
    conversation, then the logs.
    """
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    locked(Conversation.objects.all(), message.conversation_id)
    gone, _by_table = MessageHiding.objects.filter(message=message).delete()
    if not gone:
        return {}
    record("message.shown_again", subject=f"message:{message.pk}", actor_id=actor_id)
    # A message stands once in each log: the apps are told to read the whole again.
    return tell_participants(message.conversation_id, PersonEvent.Kind.CONVERSATION)
