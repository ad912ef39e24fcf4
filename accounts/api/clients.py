"""Where a request comes from."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


class _Reader(BaseThrottle):
    """DRF's own reading of X-Forwarded-For, which honours NUM_PROXIES."""


def client_address(request: Request) -> str:
    """Return the client's address as far as trusted proxies vouch for it."""
    return str(_Reader().get_ident(request) or "")
