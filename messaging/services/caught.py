"""Keeping what development transports caught."""

from __future__ import annotations

from django.db import transaction

from messaging.models import CaughtMessage


@transaction.atomic
def keep_caught(
    *, channel: str, to: str, subject: str, text: str, reference: str
) -> str:
    """Store a caught message and return its id."""
    message = CaughtMessage(
        channel=CaughtMessage.Channel(channel),
        to=to,
        subject=subject[:200],
        text=text,
        reference=reference,
    )
    message.save()
    return str(message.pk)
