"""Who listens to what. Each app's ``subscribers.py`` fills this at start-up."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lokahome.core.events.base import Event

E = TypeVar("E", bound=Event)

STATE = "state"
"""Lane of pure state changes: run in the relay itself, never any I/O but SQL."""
DOCUMENTS = "documents"
NOTIFY = "notify"


def gateway_lane(gateway: str) -> str:
    """Return the lane of one gateway: a dead one delays no other."""
    return f"gateway.{gateway}"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A function, the event it listens to, and the lane its deliveries run in."""

    name: str
    event: type[Event]
    lane: Callable[[Any], str]
    lane_label: str
    handle: Callable[[Any], None]
    doc: str


SUBSCRIBERS: dict[str, Subscriber] = {}
_by_event: dict[str, list[Subscriber]] = {}


def subscribe(
    event: type[E], *, lane: str | Callable[[E], str]
) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register the decorated function for *event* in *lane* (or lane of the event)."""

    def register(handle: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handle.__module__.split('.')[0]}.{handle.__name__}"
        if name in SUBSCRIBERS:
            raise TypeError(f"two subscribers are called {name}")
        item = Subscriber(
            name=name,
            event=event,
            lane=_always(lane) if isinstance(lane, str) else lane,
            lane_label=lane if isinstance(lane, str) else "gateway.*",
            handle=handle,
            doc=inspect.getdoc(handle) or "",
        )
        SUBSCRIBERS[name] = item
        _by_event.setdefault(event.name, []).append(item)
        return handle

    return register


def _always(lane: str) -> Callable[[Event], str]:
    return lambda _: lane


def subscribers_of(event: Event) -> list[Subscriber]:
    """Return who listens to *event*, in the order of registration."""
    return list(_by_event.get(event.name, ()))
