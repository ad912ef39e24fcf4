"""How often, how long, how much: the numbers of the sockets, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds, sizes in bytes. ``settings.REALTIME`` may override each."""

    hello: float = 5.0
    """A socket that has not said hello by then is closed."""
    ping: float = 45.0
    """How often an app that heard nothing sends a beat; told in the welcome."""
    check: float = 3.0
    """How often a process looks at the heads and the accounts of all its people, in
    one query, and sends itself a heartbeat through the layer; ± 10 %. 0: never."""
    deaf: float = 10.0
    """Without a heartbeat heard for so long, the subscriptions are made anew."""
    layer: float = 2.0
    """The longest that anything waits for the channel layer."""
    rejoin: float = 3600.0
    """Groups of some layers expire after a day: they are joined again so often."""
    session: float = 3600.0
    """How long a hello is good for; a fresh ticket in the same socket renews it."""
    warning: float = 60.0
    """An app is warned so long before its session ends."""
    stall: float = 10.0
    """A socket that takes nothing of what waits for it for so long is closed."""
    farewell: float = 10.0
    """A closed socket that still takes nothing is cut after so long."""
    devices: int = 10
    """Devices of one person in one process: each costs memory, and a read of every
    event."""
    threads: int = 4
    """Threads that write, and one more that reads; so many database connections has a
    process, however many its sockets."""
    page: int = 100
    """Events read for one socket at a time."""
    frames: int = 500
    """Frames that may wait for one socket."""
    outbox: int = 256 * 1024
    """Bytes that may wait for one socket."""
    room: int = 64 * 1024
    """More events are read for a socket only when less than this waits for it."""
    burst: int = 100
    """Frames that a socket may send at once …"""
    steady: float = 20.0
    """… and a second, from then on."""


def pace() -> Pace:
    """Return the numbers as they are set now."""
    return Pace(**settings.REALTIME)
