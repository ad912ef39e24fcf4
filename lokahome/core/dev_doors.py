"""Who comes through a door of development: whoever sits at this machine."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def may_open(
    *, debug: bool, dev_doors: bool, remote_address: str, is_forwarded: bool
) -> bool:
    """Say whether a development page opens.

    It shows what opens accounts. A request that a proxy passed on is not from this
    machine, whatever its last hop was.
    """
    if not (debug and dev_doors) or is_forwarded:
        return False
    try:
        return ip_address(remote_address).is_loopback
    except ValueError:
        return False


def is_open_to(request: HttpRequest) -> bool:
    """Say whether the doors are open to *request*; closed, they look like no door."""
    return may_open(
        debug=settings.DEBUG,
        dev_doors=settings.DEV_DOORS,
        remote_address=request.META.get("REMOTE_ADDR", ""),
        is_forwarded=bool(
            request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
        ),
    )
