"""Codes and staff's second tries: what is sent as it was asked for."""

from __future__ import annotations

from accounts.events import CodeRequested, EmailCodeRequested
from lokahome.core import clock
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.events import ResendRequested
from messaging.services.notify import send_code, send_email_code
from messaging.services.sending import send_message


@subscribe(CodeRequested, lane=NOTIFY)
def send_requested_code(event: CodeRequested) -> None:
    """Mint the code and send it."""
    send_code(request_id=event.request_id, now=clock.now())


@subscribe(EmailCodeRequested, lane=NOTIFY)
def send_requested_email_code(event: EmailCodeRequested) -> None:
    """Mint the code that proves an address and send it there."""
    send_email_code(email_id=event.email_id, now=clock.now())


@subscribe(ResendRequested, lane=NOTIFY)
def send_again(event: ResendRequested) -> None:
    """Try the message again."""
    send_message(message_id=event.message_id, now=clock.now())
