"""Deleting what has had its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from lokahome.core.api.idempotency import KEPT_DAYS, IdempotencyKey
from lokahome.core.events.models import Delivery
from lokahome.core.limits import forget_old_windows

DELIVERIES_KEPT = timedelta(days=30)


def clean_up(*, now: datetime) -> dict[str, int]:
    """Delete old keys, rate windows and done deliveries; return how many of each."""
    keys = IdempotencyKey.objects.filter(created_at__lt=now - timedelta(days=KEPT_DAYS))
    deliveries = Delivery.objects.filter(
        status=Delivery.Status.DONE, done_at__lt=now - DELIVERIES_KEPT
    )
    return {
        "idempotency_keys": keys.delete()[0],
        "rate_windows": forget_old_windows(now=now),
        "deliveries": deliveries.delete()[0],
    }
