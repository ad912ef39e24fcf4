"""Deleting what has had its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from lokahome.core.api.idempotency import KEPT_DAYS, IdempotencyKey
from lokahome.core.events.models import Delivery
from lokahome.core.limits import RateWindow, forget_old_windows

KEYS_KEPT = timedelta(days=KEPT_DAYS)
DELIVERIES_KEPT = timedelta(days=30)


def clean_up(*, now: datetime) -> dict[str, int]:
    """Delete old keys, rate windows and done deliveries; return how many of each."""
    return {
        "idempotency_keys": old_keys(now).delete()[0],
        "rate_windows": forget_old_windows(now=now),
        "deliveries": old_deliveries(now).delete()[0],
    }


def old_keys(now: datetime) -> QuerySet[IdempotencyKey]:
    """Return the answers that nobody asks for again."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEYS_KEPT)


def old_deliveries(now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries that were made long ago; what was not delivered stays."""
    return Delivery.objects.filter(
        status=Delivery.Status.DONE, done_at__lt=now - DELIVERIES_KEPT
    )


def old_windows(now: datetime) -> QuerySet[RateWindow]:
    """Return the windows of limits in which nothing counts any more."""
    return RateWindow.objects.filter(until__lt=now)
