"""Who may open a socket: exact origins for browsers, apps without one by their ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings

from messaging.consumers.frames import PATH

log = structlog.get_logger(__name__)
App = Callable[[Any, Any, Any], Awaitable[None]]


class Entrance:
    """Lets connections to the one path through to *app*, from allowed origins.

    A browser always sends ``Origin``, so a page of somebody else's is refused. Apps
    send none, and are let in: nothing is believed here, the ticket in the first frame
    says who it is. No cookie is ever read. A refusal is HTTP 403.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the connection on, or refuse it."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if scope["path"] == PATH and all(map(is_allowed, origins)):
            return await self.app(scope, receive, send)
        log.info("a socket was refused", path=scope["path"][:80], origins=len(origins))
        await receive()
        await send({"type": "websocket.close", "code": 4403})


def is_allowed(origin: bytes) -> bool:
    """Say whether pages of *origin* (``scheme://host[:port]``) may open sockets."""
    return origin.decode("latin-1") in settings.REALTIME_ORIGINS
