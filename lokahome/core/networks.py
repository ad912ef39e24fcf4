"""Counting by where requests come from: an address of IPv4, a network of IPv6."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from lokahome.core import limits
from lokahome.core.crypto.lookups import keyed_digest

SITE_FACTOR = 2
"""How much more a /48 may do than a /64: both are one customer's, the wider is rarer."""


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 around an IPv6 one.

    What is no address (a socket of the same machine) stands for itself.
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


def take_from(
    name: str, address: str, *, limit: int, window: timedelta, now: datetime
) -> None:
    """Count one use of *name* from *address*; RateLimited beyond *limit* in *window*.

    Whoever rents a server has 2⁶⁴ addresses of IPv6, so the /64 counts, and the /48
    around it with SITE_FACTOR. Keys are keyed hashes: no address is kept. See
    `limits.take` for transactions.
    """
    key = keyed_digest(network_of(address), purpose="network")
    limits.take(name, key, limit=limit, window=window, now=now)
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        site = str(ip_network((parsed, 48), strict=False))
        limits.take(
            f"{name}.site",
            keyed_digest(site, purpose="network"),
            limit=limit * SITE_FACTOR,
            window=window,
            now=now,
        )


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return the address; of one of IPv4 that is written as IPv6, the one of IPv4."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
