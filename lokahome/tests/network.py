"""No test talks to the world: connections leave for loopback, or not at all."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine."""


def check(address: Any, family: int) -> None:
    """Raise NetworkRefused unless *address* is a local socket or on loopback."""
    if family == socket.AF_UNIX:
        return
    host = str(address[0])
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise NetworkRefused(f"tests may not connect to {host}")


def block(patch: Any) -> None:
    """Make every socket of this process refuse other machines; *patch* undoes it."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        check(address, self.family)
        return connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        check(address, self.family)
        return connect_ex(self, address)

    patch.setattr(socket.socket, "connect", guarded)
    patch.setattr(socket.socket, "connect_ex", guarded_ex)
