"""Choosing loopback ports that stay the same from one start to the next."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port in TIME_WAIT is free to a server that sets this, as ours do.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def any_free() -> int:
    """A port the system has just offered."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def choose(
    kept: str | None,
    preferred: int,
    *,
    taken: Collection[int] = (),
    free: Callable[[int], bool] = is_free,
) -> int:
    """The kept port if still free, else the preferred or one of the next, else any.

    ``taken`` are ports this checkout has already given to another of its servers.
    """
    candidates = list(range(preferred, preferred + 40))
    if kept and kept.isdigit() and 0 < int(kept) < 65536:
        candidates.insert(0, int(kept))
    for port in candidates:
        if port not in taken and free(port):
            return port
    while True:
        offered = any_free()
        if offered not in taken:
            return offered
