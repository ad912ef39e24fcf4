"""Where a request comes from: an address, and the device that the app calls itself."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

DEVICE_HEADER = "LokaHome-Device"
"""A UUID that the app makes when it is installed and sends with every request."""


class _Reader(BaseThrottle):
    """DRF's own reading of X-Forwarded-For, which honours NUM_PROXIES."""


def client_address(request: Request) -> str:
    """Return the client's address as far as trusted proxies vouch for it."""
    return str(_Reader().get_ident(request) or "")


def device_key(request: Request) -> UUID | None:
    """Return the UUID in ``LokaHome-Device``; None when it is missing or not a UUID.

    What is no UUID counts as no device: an app without one still signs in, it is only
    never recognised.
    """
    text = request.headers.get(DEVICE_HEADER, "").strip()
    try:
        key = UUID(text) if len(text) == len(str(UUID(int=0))) else None
    except ValueError:
        return None
    return key if key is not None and key.int else None
