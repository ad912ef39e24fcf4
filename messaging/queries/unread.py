"""Who has words waiting that no device of theirs has fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Phone
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone
from messaging.models import (
    Message,
    Notification,
    NotificationPreference,
    OutgoingMessage,
    Participant,
    Topic,
)

UNREAD = "unread_messages"
FACT = "messaging.unread:conversation:"
FORGOTTEN = timedelta(hours=24)
"""Words that waited longer are no news any more."""
ANSWERED = timedelta(hours=48)
"""So long an SMS counts as the answer to our last nudge."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person for whom words wait in one conversation."""

    person_id: UUID
    conversation_id: UUID
    sender_id: UUID
    seq: int
    """The newest message of somebody else's that has waited long enough."""

    @property
    def fact(self) -> str:
        """Name the fact: the same words waiting are one fact, newer ones another."""
        return f"{FACT}{self.conversation_id}:{self.seq}"


def waiting_since(moment: datetime, *, limit: int) -> list[Waiting]:
    """Return who has fetched nothing of what others wrote before *moment*.

    Muted conversations, hidden messages and those of the platform do not count; who was
    told of the same words already, or wants no SMS about words, is left out here, so
    that they take nobody's place among the first *limit*.
    """
    words = Message.objects.filter(
        conversation_id=OuterRef("conversation_id"),
        seq__gt=OuterRef("delivered_seq"),
        sender__isnull=False,
        hiding=None,
        created_at__lte=moment,
        created_at__gt=moment - FORGOTTEN,
    ).exclude(sender_id=OuterRef("person_id"))
    newest = words.order_by("-seq")
    fact = Concat(
        Value(FACT),
        Cast(OuterRef("conversation_id"), CharField()),
        Value(":"),
        Cast(OuterRef("waiting_seq"), CharField()),
    )
    told = Notification.objects.filter(person_id=OuterRef("person_id"), fact=fact)
    silent = NotificationPreference.objects.filter(
        person_id=OuterRef("person_id"), topic=Topic.WORDS, sms=False
    )
    rows = (
        Participant.objects.filter(
            muted=False,
            delivered_seq__lt=F("conversation__last_seq"),
            conversation__active_at__gt=moment - FORGOTTEN,
        )
        .annotate(
            waiting_seq=Subquery(newest.values("seq")[:1]),
            waiting_from=Subquery(newest.values("sender_id")[:1]),
        )
        .filter(~Exists(told), ~Exists(silent), waiting_seq__isnull=False)
        .order_by("conversation__active_at", "id")
        .values_list("person_id", "conversation_id", "waiting_from", "waiting_seq")
    )
    return [Waiting(*row) for row in rows[:limit]]


def person_behind(number: str) -> UUID | None:
    """Return who is reached at *number* (any writing) now, or None."""
    try:
        number = normalise_phone(number)
    except DomainError:
        return None
    holders = Phone.objects.current().filter(number=number, user__is_active=True)
    return holders.values_list("user_id", flat=True).first()


def nudged_conversations(person_id: UUID, *, now: datetime) -> set[UUID]:
    """Return the conversations that the person may be answering by SMS.

    Those of nudges that are not long ago; one that only the app told asked nobody to
    answer by SMS.
    """
    nudges = Notification.objects.filter(
        person_id=person_id,
        template=UNREAD,
        created_at__gt=now - ANSWERED,
        messages__channel=OutgoingMessage.Channel.SMS,
        messages__status=OutgoingMessage.Status.SENT,
    )
    return {UUID(nudge.context_ids["conversation_id"]) for nudge in nudges}
