"""The relay: runs the ``state`` lane itself, hands the other lanes to Celery.

A worker gets the ids of leased rows; if the message is lost, or the worker dies, the
lease runs out and the next sweep hands them out again. So Redis may forget everything.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import psycopg
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from lokahome.core import clock
from lokahome.core.events.delivering import claim, release, run_batch
from lokahome.core.events.models import Delivery
from lokahome.core.events.outbox import CHANNEL
from lokahome.core.events.subscribers import STATE
from lokahome.core.failpoints import declare, failpoint

log = structlog.get_logger(__name__)
declare("relay.before_dispatch", "relay.after_dispatch")

SWEEP_SECONDS = 1.0
"""How long a lost wake-up can delay a delivery."""
BATCH = 20

Dispatch = Callable[[uuid.UUID, list[uuid.UUID]], None]


def lane_concurrency(lane: str) -> int:
    """Return how many batches of *lane* may be at work at once."""
    lanes: dict[str, int] = settings.LANE_CONCURRENCY
    return lanes.get(lane, lanes.get(lane.split(".")[0], 1))


def run_state_lane() -> int:
    """Run one batch of the state lane; return how many rows were claimed."""
    token, ids = claim(STATE, limit=BATCH)
    if ids:
        run_batch(token, ids)
    return len(ids)


def dispatch_lanes(dispatch: Dispatch) -> int:
    """Hand due deliveries of the I/O lanes to *dispatch*; return how many.

    Each lane has its own number of batches at work, so a gateway that hangs fills its
    own lane and no other.
    """
    waiting = Delivery.objects.filter(status=Delivery.Status.WAITING)
    lanes = waiting.exclude(lane=STATE).order_by().values_list("lane", flat=True)
    handed = 0
    for lane in lanes.distinct():
        at_work = (
            waiting.filter(lane=lane, lease_until__gte=clock.now())
            .order_by()
            .values("lease_token")
            .distinct()
            .count()
        )
        for _ in range(lane_concurrency(lane) - at_work):
            token, ids = claim(lane, limit=1 if lane.startswith("gateway.") else BATCH)
            if not ids:
                break
            failpoint("relay.before_dispatch")
            try:
                dispatch(token, ids)
            except Exception as error:
                # The broker is away: the rows stay, the next sweep tries again.
                log.warning("dispatch failed", lane=lane, error=type(error).__name__)
                release(token)
                return handed
            failpoint("relay.after_dispatch")
            handed += len(ids)
    return handed


class Relay:
    """The relay's process: one thread listens, one runs states, one dispatches."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._stop = threading.Event()
        self._wake_state = threading.Event()
        self._wake_lanes = threading.Event()

    def stop(self) -> None:
        """Ask every thread to end after the row at hand."""
        self._stop.set()
        self._wake_state.set()
        self._wake_lanes.set()

    def run(self) -> None:
        """Work until `stop`; survives a database that goes away and comes back."""
        threads = [
            threading.Thread(
                target=self._loop, args=(run_state_lane, self._wake_state), name="state"
            ),
            threading.Thread(
                target=self._loop,
                args=(lambda: dispatch_lanes(self._dispatch), self._wake_lanes),
                name="lanes",
            ),
        ]
        for thread in threads:
            thread.start()
        while not self._stop.is_set():
            try:
                self._listen()
            except (psycopg.Error, DatabaseError) as error:
                log.warning("relay cannot listen", error=type(error).__name__)
                connection.close()
                self._stop.wait(SWEEP_SECONDS)
        for thread in threads:
            thread.join()

    def _listen(self) -> None:
        connection.ensure_connection()
        raw = connection.connection
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        while not self._stop.is_set():
            for notice in raw.notifies(timeout=SWEEP_SECONDS, stop_after=1):
                (
                    self._wake_state if notice.payload == STATE else self._wake_lanes
                ).set()

    def _loop(self, work: Callable[[], int], wake: threading.Event) -> None:
        try:
            while not self._stop.is_set():
                wake.clear()
                try:
                    did = work()
                except (psycopg.Error, DatabaseError) as error:
                    log.warning("relay lost its database", error=type(error).__name__)
                    did = 0
                    close_old_connections()
                if not did:
                    wake.wait(SWEEP_SECONDS)
        finally:
            # Half a relay would look alive and deliver nothing: a loop that breaks
            # ends the process, and the supervisor starts another.
            self.stop()
            connection.close()
