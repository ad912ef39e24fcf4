"""Giving a delivery that was set aside another chance."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.db.locks import locked
from lokahome.core.errors import StateConflict
from lokahome.core.events.models import Delivery


@transaction.atomic
def resend(*, delivery_id: UUID, now: datetime) -> Delivery:
    """Put a parked delivery back in its lane, due now; raises StateConflict."""
    row = locked(Delivery.objects.all(), delivery_id)
    if row.status != Delivery.Status.PARKED:
        raise StateConflict
    row.status = Delivery.Status.WAITING
    row.attempts = 0
    row.available_at = now
    row.save(update_fields=["status", "attempts", "available_at"])
    return row
