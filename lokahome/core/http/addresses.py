"""Resolve a host name and refuse addresses that are not on the public Internet."""

import ipaddress
import queue
import socket
import threading
from typing import TypeAlias

from lokahome.core.http.errors import AddressRefused, Unreachable

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(address: str, *, allow_loopback: bool) -> None:
    """Raise `AddressRefused` unless `address` is public (or loopback, when allowed).

    Server-side request forgery goes through names that resolve inside the house:
    metadata services (169.254.169.254), databases on loopback, private networks.
    """
    ip: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # ::ffff:127.0.0.1, 2002:7f00:1:: and 64:ff9b::7f00:1 reach IPv4 addresses.
        inner = ip.ipv4_mapped or ip.sixtofour or _nat64(ip)
        if inner is not None:
            ip = inner
    if ip.is_loopback and allow_loopback:
        return
    if not ip.is_global or ip.is_multicast:
        raise AddressRefused("the host resolves to an address that is not public")


def resolve(host: str, port: int, *, seconds: float, allow_loopback: bool) -> list[str]:
    """Return the addresses of `host`, every one of them checked.

    One refused address refuses the name: an attacker's zone that mixes a public and a
    private address must not win by luck. `seconds` bounds the wait (the resolver itself
    has no time-out). Raises `Unreachable` or `AddressRefused`.
    """
    try:
        ipaddress.ip_address(host)
        addresses = [host]
    except ValueError:
        addresses = _ask(host, port, seconds)
    for address in addresses:
        check_address(address, allow_loopback=allow_loopback)
    return addresses


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    prefix = ipaddress.ip_network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in prefix else None


def _ask(host: str, port: int, seconds: float) -> list[str]:
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(row[4][0]) for row in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError("bad name"))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.01))
    except queue.Empty:
        raise Unreachable("the name of the host was not resolved in time") from None
    if isinstance(answer, OSError) or not answer:
        raise Unreachable("the name of the host does not resolve")
    return answer
