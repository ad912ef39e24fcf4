"""An outbox of a test's own: its facts, its subscribers, a clock that moves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.audit.record import record
from lokahome.core.events import subscribers
from lokahome.core.events.base import EVENTS
from lokahome.core.events.outbox import append
from lokahome.core.events.subscribers import SUBSCRIBERS, Subscriber
from lokahome.tests.core.events.facts import FACTS, LampLit


class MovableClock:
    """The one clock, some time ahead of the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._now = clock.now

    def now(self):
        return self._now() + self.ahead

    def forward(self, seconds):
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def moving(monkeypatch):
    """A clock that ``moving.forward(seconds)`` moves, for everybody."""
    movable = MovableClock()
    monkeypatch.setattr(clock, "now", movable.now)
    return movable


@pytest.fixture(autouse=True)
def known_facts(monkeypatch):
    """Make the facts of these tests known for the length of one."""
    for name, kind in FACTS.items():
        monkeypatch.setitem(EVENTS, name, kind)
    monkeypatch.setattr(subscribers, "_by_event", dict(subscribers._by_event))
    before = dict(SUBSCRIBERS)
    yield
    SUBSCRIBERS.clear()
    SUBSCRIBERS.update(before)


@pytest.fixture
def listen():
    """Return ``listen(handle, lane=…)``: subscribe to LampLit under its name."""

    def register(handle, *, lane, name="", event=LampLit):
        item = Subscriber(
            name=name or f"tests.{handle.__name__}",
            event=event,
            lane=lane if callable(lane) else lambda _event: lane,
            lane_label=str(lane),
            handle=handle,
            doc="",
        )
        SUBSCRIBERS[item.name] = item
        known = subscribers._by_event.setdefault(event.name, [])
        known[:] = [*(one for one in known if one.name != item.name), item]
        return item

    return register


def lamp(number: int) -> UUID:
    """Return the id of lamp *number*."""
    return UUID(int=number)


def light(number: int = 1, *steps: int) -> list:
    """Append a LampLit of one lamp for each of *steps*; return the outbox rows."""
    with transaction.atomic():
        return [append(LampLit(lamp_id=lamp(number), step=s)) for s in steps or (0,)]


def leave_a_trace(event: LampLit) -> None:
    """Handle a fact by an effect that can be counted."""
    record("lamp.lit", subject=event.subject(), actor_id=None, details=vars_of(event))


def vars_of(event: LampLit) -> dict[str, int]:
    """Return what the trace keeps of *event*."""
    return {"step": event.step}


def traces(number: int = 1) -> list[int]:
    """Return the steps of one lamp in the order of their effects."""
    rows = AuditEvent.objects.filter(action="lamp.lit", subject=f"lamp:{lamp(number)}")
    return [row.details["step"] for row in rows.order_by("id")]
