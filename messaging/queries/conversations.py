"""Conversations and messages as their participants see them, in a few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from lokahome.core.clock import utc_text
from messaging.models import Conversation, Message, Participant


def conversations_of(
    person_id: UUID, ids: Collection[UUID] | None = None
) -> QuerySet[Conversation]:
    """Return the conversations of *person_id* (of *ids*), ready to be shown to them."""
    mine = Conversation.objects.filter(participants__person_id=person_id)
    return as_seen_by(person_id, mine if ids is None else mine.filter(pk__in=ids))


def as_seen_by(person_id: UUID, rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Add what `conversation_as_json` shows to *person_id*: three queries in all.

    Unread are the messages of others beyond one's own read cursor that are not hidden.
    """
    unread = (
        Message.objects.filter(
            conversation=OuterRef("pk"),
            conversation__participants__person_id=person_id,
            seq__gt=F("conversation__participants__read_seq"),
            hiding=None,
        )
        .exclude(sender_id=person_id)
        .order_by()
        .values("conversation")
        .annotate(count=Count("pk"))
        .values("count")
    )
    mine = Participant.objects.filter(conversation=OuterRef("pk"), person_id=person_id)
    newest = Message.objects.filter(seq=F("conversation__last_seq"))
    people = Participant.objects.select_related("person").order_by("person_id")
    return rows.annotate(
        unread_count=Coalesce(Subquery(unread, output_field=IntegerField()), 0),
        is_muted=Subquery(mine.values("muted")[:1]),
    ).prefetch_related(
        Prefetch("participants", queryset=people),
        Prefetch(
            "messages", queryset=newest.select_related("hiding"), to_attr="newest"
        ),
    )


def message_as_json(message: Message) -> dict[str, Any]:
    """Return *message* as the API and the socket show it; a hidden one has no text.

    Reads ``message.hiding``: select it with the message.
    """
    is_hidden = getattr(message, "hiding", None) is not None
    sender_id = message.sender_id
    return message_shape(
        str(message.pk),
        str(message.conversation_id),
        message.seq,
        str(message.client_id),
        str(sender_id) if sender_id else None,
        "" if is_hidden else message.body,
        is_hidden,
        message.created_at,
    )


def message_shape(
    pk: str,
    conversation_id: str,
    seq: int,
    client_id: str,
    sender_id: str | None,
    body: str,
    is_hidden: bool,
    sent_at: datetime,
) -> dict[str, Any]:
    """Return the members of a message, whose columns were read without a model."""
    return {
        "id": pk,
        "conversation_id": conversation_id,
        "seq": seq,
        "client_id": client_id,
        "sender_id": sender_id,
        "body": body,
        "is_hidden": is_hidden,
        "sent_at": utc_text(sent_at),
    }


def cursors_as_json(participants: Iterable[Participant]) -> list[dict[str, Any]]:
    """Return how far each of *participants* has received and read."""
    return [
        {
            "person_id": str(item.person_id),
            "delivered_seq": item.delivered_seq,
            "read_seq": item.read_seq,
        }
        for item in participants
    ]


def conversation_as_json(row: Any) -> dict[str, Any]:
    """Return a conversation from `as_seen_by` as both doors show it."""
    participants = list(row.participants.all())
    cursors = cursors_as_json(participants)
    newest = row.newest[0] if row.newest else None
    return {
        "id": str(row.pk),
        "subject": row.subject,
        "participants": [
            {**cursor, "full_name": item.person.known_name}
            for item, cursor in zip(participants, cursors, strict=True)
        ],
        "last_seq": row.last_seq,
        "last_message": message_as_json(newest) if newest else None,
        "unread_count": row.unread_count,
        "is_muted": row.is_muted,
        "active_at": utc_text(row.active_at),
        "created_at": utc_text(row.created_at),
    }
