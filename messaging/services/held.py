"""Sending what quiet hours held back."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from lokahome.core.events.delivering import RetryLater
from messaging.models import OutgoingMessage
from messaging.services.sending import WAITING, send_message

BATCH = 200


def send_held(*, now: datetime) -> int:
    """Send the held messages whose time has come, oldest first; return how many left.

    One run sends at most BATCH and ends when the carrier does not answer: the next run
    goes on. Must be called outside a transaction.
    """
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    due = OutgoingMessage.objects.filter(free, not_before__lte=now, status__in=WAITING)
    did = 0
    for message_id in list(due.order_by("id").values_list("pk", flat=True)[:BATCH]):
        try:
            send_message(message_id=message_id, now=now)
        except RetryLater:
            break
        did += 1
    return did
