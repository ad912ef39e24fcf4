"""Claiming deliveries and running them: leases, retries, parking.

A lease is a token and a time. Whoever runs a delivery must hold its token still, so a
process that was given up for dead and wakes again does nothing twice.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import SystemRandom
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import connection, transaction

from lokahome.core import clock
from lokahome.core.events.base import EVENTS
from lokahome.core.events.models import Delivery
from lokahome.core.events.subscribers import STATE, SUBSCRIBERS, Subscriber
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.request_id import begin_request_id

log = structlog.get_logger(__name__)
declare("outbox.leased", "outbox.effect_done")

LEASE = timedelta(seconds=15)
HEARTBEAT_SECONDS = 5.0
MAX_ATTEMPTS = 12
LONGEST_BACKOFF_SECONDS = 300
_random = SystemRandom()


class RetryLater(Exception):
    """A subscriber asks to be called again after *seconds*; it does not count as failed.

    For a dependency that is down: the fact is fine, the world is not.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry in {seconds} s")
        self.seconds = seconds


CLAIM = """
WITH due AS (
  SELECT d.id FROM core_delivery d
  WHERE d.lane = %(lane)s AND d.status = 'waiting' AND d.available_at <= %(now)s
    AND (d.lease_until IS NULL OR d.lease_until < %(now)s)
    AND NOT EXISTS (
      SELECT 1 FROM core_delivery e
      WHERE e.subscriber = d.subscriber AND e.subject = d.subject
        AND e.status = 'waiting' AND e.position < d.position)
  ORDER BY d.position LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE core_delivery d SET lease_token = %(token)s, lease_until = %(until)s
FROM due WHERE d.id = due.id RETURNING d.id, d.position
"""


def claim(lane: str, *, limit: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Lease up to *limit* due deliveries of *lane*; return the token and their ids.

    Deliveries of one subscriber and subject come one at a time, oldest first.
    """
    token = uuid.uuid4()
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "lane": lane,
                "now": now,
                "limit": limit,
                "token": token,
                "until": now + LEASE,
            },
        )
        rows = sorted(cursor.fetchall(), key=lambda row: row[1])
    return token, [row[0] for row in rows]


def release(token: uuid.UUID, *, seconds: float = 1) -> None:
    """Give back what *token* leases, due again after *seconds* (nothing was run)."""
    Delivery.objects.filter(lease_token=token, status=Delivery.Status.WAITING).update(
        lease_token=None,
        lease_until=None,
        available_at=clock.now() + timedelta(seconds=seconds),
    )


def run_batch(token: uuid.UUID, ids: list[uuid.UUID]) -> int:
    """Run the deliveries *ids* that *token* still leases; return how many were done."""
    done = 0
    with keeping_lease(token):
        for delivery_id in ids:
            done += run_one(token, delivery_id)
    return done


def run_one(token: uuid.UUID, delivery_id: uuid.UUID) -> bool:
    """Run one delivery; True when it is done. A failure is written on the row.

    In the ``state`` lane the effect and the mark commit together, so it happens once;
    elsewhere the mark follows the effect, so it happens at least once.
    """
    held = Delivery.objects.filter(
        pk=delivery_id, lease_token=token, status=Delivery.Status.WAITING
    )
    delivery = held.select_related("event").first()
    if delivery is None:
        return False
    failpoint("outbox.leased")
    begin_request_id(delivery.event.request_id)
    try:
        if delivery.lane == STATE:
            with transaction.atomic():
                if not held.select_for_update(of=("self",)).exists():
                    return False
                _handle(delivery)
                _mark_done(delivery)
        else:
            _handle(delivery)
            failpoint("outbox.effect_done")
            _mark_done(delivery)
    except RetryLater as wish:
        _postpone(delivery, token, wish.seconds, counts=False, error=wish)
        return False
    except Exception as error:
        log.warning(
            "delivery failed",
            delivery=str(delivery.pk),
            subscriber=delivery.subscriber,
            error=type(error).__name__,
            exc_info=error,
        )
        _postpone(
            delivery, token, _backoff(delivery.attempts), counts=True, error=error
        )
        return False
    return True


def _handle(delivery: Delivery) -> None:
    subscriber: Subscriber | None = SUBSCRIBERS.get(delivery.subscriber)
    event_class = EVENTS.get(delivery.event.name)
    if subscriber is None or event_class is None:
        raise LookupError(f"nobody is called {delivery.subscriber} any more")
    subscriber.handle(event_class.from_payload(delivery.event.payload))


def _mark_done(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Delivery.Status.DONE,
        done_at=clock.now(),
        lease_token=None,
        lease_until=None,
    )


def _backoff(attempts: int) -> float:
    seconds = min(2.0**attempts, LONGEST_BACKOFF_SECONDS)
    return seconds * _random.uniform(0.75, 1.25)


def _postpone(
    delivery: Delivery,
    token: uuid.UUID,
    seconds: float,
    *,
    counts: bool,
    error: Exception,
) -> None:
    attempts = delivery.attempts + (1 if counts else 0)
    changes: dict[str, Any] = {
        "attempts": attempts,
        "available_at": clock.now() + timedelta(seconds=seconds),
        "lease_token": None,
        "lease_until": None,
        # The class and its code only: a message may quote what a person wrote.
        "last_error": getattr(error, "code", "") or type(error).__name__,
    }
    if attempts >= MAX_ATTEMPTS:
        changes["status"] = Delivery.Status.PARKED
    Delivery.objects.filter(pk=delivery.pk, lease_token=token).update(**changes)


@contextmanager
def keeping_lease(token: uuid.UUID) -> Iterator[None]:
    """Renew the lease of *token* from a thread of its own while the block runs."""
    stop = threading.Event()

    def renew() -> None:
        try:
            while not stop.wait(HEARTBEAT_SECONDS):
                try:
                    Delivery.objects.filter(lease_token=token).update(
                        lease_until=clock.now() + LEASE
                    )
                except DatabaseError as error:
                    # The next beat may still be in time; without it a second holder
                    # would work beside the first.
                    log.warning("lease not renewed", error=type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    keeper = threading.Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def drain(*, rounds: int = 50) -> int:
    """Run everything that is due, in every lane, here and now; return how many.

    For tests and for `manage.py drain_outbox`: one helper that empties the outbox.
    """
    total = 0
    for _ in range(rounds):
        lanes = list(
            Delivery.objects.filter(status=Delivery.Status.WAITING)
            .order_by()
            .values_list("lane", flat=True)
            .distinct()
        )
        did = 0
        for lane in lanes:
            token, ids = claim(lane, limit=100)
            for delivery_id in ids:
                did += run_one(token, delivery_id)
        if not did:
            return total
        total += did
    return total
