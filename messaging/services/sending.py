"""Sending one message: at most one sender at a time, at least one try until it left.

Nothing that personal data is made of waits in a table or a queue: the number, the
name, the code and the text are read, or minted, between the claim and the hand-over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from lokahome.core.db.locks import locked
from lokahome.core.events.delivering import RetryLater
from lokahome.core.failpoints import declare, failpoint
from messaging.channels.base import CarrierRefused, CarrierUnavailable, SentReference
from messaging.models import MESSAGE_STATES, OutgoingMessage
from messaging.services.transports import email_transport, sms_transport
from messaging.services.writing import Letter, Undeliverable, write_letter

declare("message.claimed", "message.handed_over")

CLAIM = timedelta(seconds=60)
"""Longer than the longest call of a carrier (30 s)."""
MAX_ATTEMPTS = 10
LONGEST_WAIT_SECONDS = 300
WAITING = (OutgoingMessage.Status.QUEUED, OutgoingMessage.Status.FAILED)


def send_message(*, message_id: UUID, now: datetime) -> None:
    """Send the message *message_id* unless it left or was given up.

    Must be called outside a transaction (it talks to a carrier). Raises RetryLater when
    another sender is at it or the carrier does not answer; after MAX_ATTEMPTS the
    message is given up and waits in the back-office. A crash between hand-over and mark
    sends twice; *reference* lets carriers drop the repeat.
    """
    if not _claim(message_id, now):
        waiting = OutgoingMessage.objects.filter(pk=message_id, status__in=WAITING)
        if waiting.exists():
            raise RetryLater(5)
        return
    failpoint("message.claimed")
    message = OutgoingMessage.objects.get(pk=message_id)
    try:
        letter = write_letter(message, now=now)
        sent = _hand_over(message, letter)
    except (Undeliverable, CarrierRefused) as refusal:
        _finish(message_id, "give_up", now, last_error=refusal.code)
        return
    except CarrierUnavailable:
        if message.attempts >= MAX_ATTEMPTS:
            _finish(message_id, "give_up", now, last_error="unavailable")
            return
        _finish(message_id, "fail", now, last_error="unavailable")
        raise RetryLater(min(2**message.attempts, LONGEST_WAIT_SECONDS)) from None
    failpoint("message.handed_over")
    _finish(message_id, "send", now, transport_id=sent.transport_id[:80], sent_at=now)


def _claim(message_id: UUID, now: datetime) -> bool:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    claimed = OutgoingMessage.objects.filter(
        free, pk=message_id, status__in=WAITING
    ).update(
        claimed_until=now + CLAIM, attempts=F("attempts") + 1, version=F("version") + 1
    )
    return claimed == 1


def _hand_over(message: OutgoingMessage, letter: Letter) -> SentReference:
    reference = str(message.pk)
    if message.channel == OutgoingMessage.Channel.EMAIL:
        return email_transport().send(letter.to, letter.title, letter.text, reference)
    return sms_transport().send(letter.to, letter.text, reference)


@transaction.atomic
def _finish(
    message_id: UUID,
    action: str,
    now: datetime,
    *,
    last_error: str = "",
    transport_id: str = "",
    sent_at: datetime | None = None,
) -> None:
    message = locked(OutgoingMessage.objects.all(), message_id)
    if message.status not in WAITING:
        # A slow sender whose claim ran out, or a report that came before the answer:
        # the message is sent already.
        return
    message.last_error = last_error[:80]
    message.transport_id = transport_id
    message.sent_at = sent_at
    message.claimed_until = None
    MESSAGE_STATES.apply(
        message,
        action,
        who="system",
        actor_id=None,
        now=now,
        update_fields=("last_error", "transport_id", "sent_at", "claimed_until"),
    )
