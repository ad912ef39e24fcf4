"""Sending one message: at most one sender at a time, at least one try until it left.

Nothing that personal data is made of waits in a table or a queue: the number, the
name, the code and the text are read, or minted, between the claim and the hand-over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from accounts.queries import code_destination, language_of, phone_of
from accounts.services.codes import CodeSpent, mint_code
from lokahome.core.db.locks import locked
from lokahome.core.events.delivering import RetryLater
from lokahome.core.failpoints import declare, failpoint
from messaging.channels.base import SmsRefused, SmsUnavailable
from messaging.models import MESSAGE_STATES, OutgoingMessage
from messaging.services.contexts import CONTEXTS
from messaging.services.rendering import render_sms
from messaging.services.transports import sms_transport

declare("message.claimed", "message.handed_over")

CLAIM = timedelta(seconds=60)
"""Longer than the longest call of a carrier (30 s)."""
MAX_ATTEMPTS = 10
LONGEST_WAIT_SECONDS = 300
WAITING = (OutgoingMessage.Status.QUEUED, OutgoingMessage.Status.FAILED)
CODE = "code"


class Undeliverable(Exception):
    """The message can never leave; *code* says why in one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Letter:
    """A number and a text, alive only while they are handed over."""

    to: str
    text: str


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
        letter = _write(message, now)
        sent = sms_transport().send(letter.to, letter.text, str(message.pk))
    except (Undeliverable, SmsRefused) as refusal:
        _finish(message_id, "give_up", now, last_error=refusal.code)
        return
    except SmsUnavailable:
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


def _write(message: OutgoingMessage, now: datetime) -> Letter:
    if message.code_request_id is not None:
        return _write_code(message.code_request_id, now)
    if message.person_id is None:
        raise Undeliverable("nobody")
    number = phone_of(message.person_id)
    if number is None:
        raise Undeliverable("no_phone")
    text = render_sms(
        template=message.template,
        language=language_of(message.person_id),
        values=CONTEXTS[message.template](message.context_ids),
    )
    return Letter(to=number, text=text)


def _write_code(request_id: UUID, now: datetime) -> Letter:
    destination = code_destination(request_id)
    if destination is None:
        raise Undeliverable("nobody")
    try:
        code = mint_code(request_id=request_id, now=now)
    except CodeSpent:
        raise Undeliverable("too_late") from None
    text = render_sms(
        template=CODE, language=destination.language, values={"code": code}
    )
    return Letter(to=destination.phone, text=text)


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
        return  # a slow sender whose claim ran out: another one finished meanwhile
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
