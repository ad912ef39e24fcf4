"""What a report keeps of a message, and what staff who decide it may read."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from messaging.models import Conversation, Message

AROUND = 10
"""Messages before and after the reported one: enough to understand it, no more."""


def message_evidence(reporter: User, message_id: UUID) -> dict[str, Any] | None:
    """Return what proves the message later, or None when *reporter* may not report it.

    Ids, numbers and digests, never a word of it: the text stays in its one row, which
    nobody can change. One's own message is nothing to report.
    """
    seen = Message.objects.filter(
        conversation__in=Conversation.objects.visible_to(reporter)
    )
    message = seen.filter(pk=message_id).exclude(sender=reporter).first()
    if message is None:
        return None
    context = list(messages_around(message.conversation_id, message.seq))
    digests = "".join(item.digest for item in context)
    return {
        "message_id": str(message.pk),
        "conversation_id": str(message.conversation_id),
        "sender_id": str(message.sender_id) if message.sender_id else "",
        "seq": message.seq,
        "digest": message.digest,
        "first_seq": context[0].seq,
        "last_seq": context[-1].seq,
        "context_digest": hashlib.sha256(digests.encode()).hexdigest(),
    }


def messages_around(conversation_id: UUID, seq: int) -> QuerySet[Message]:
    """Return the message *seq* and AROUND more on either side, oldest first."""
    near = Message.objects.filter(
        conversation_id=conversation_id, seq__range=(seq - AROUND, seq + AROUND)
    )
    return near.select_related("hiding").order_by("seq")
