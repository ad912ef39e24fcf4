"""Appending facts to the outbox."""

from __future__ import annotations

from django.db import connection

from lokahome.core import clock
from lokahome.core.events.base import Event
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.events.subscribers import subscribers_of
from lokahome.core.request_id import current_request_id

CHANNEL = "outbox"
"""PostgreSQL NOTIFY channel: wakes the relay at commit; losing a wake-up is harmless."""


class OutsideTransaction(RuntimeError):
    """A fact was appended outside the transaction that makes it true."""


def append(event: Event) -> OutboxEvent:
    """Record *event* and one delivery for each subscriber, in this transaction.

    Raises OutsideTransaction when there is none: the fact and the change it tells of
    must commit together or not at all.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(event.name)
    row = OutboxEvent(
        name=event.name,
        subject=event.subject(),
        payload=event.to_payload(),
        request_id=current_request_id(),
    )
    row.save()
    deliveries = [
        Delivery(
            event=row,
            subscriber=subscriber.name,
            lane=subscriber.lane(event),
            subject=row.subject,
            available_at=clock.now(),
        )
        for subscriber in subscribers_of(event)
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries)
        with connection.cursor() as cursor:
            for lane in sorted({item.lane for item in deliveries}):
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, lane])
    return row
