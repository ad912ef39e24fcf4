"""Is this process alive, and may it be given work?

``/livez`` asks nothing of anybody. ``/readyz`` asks PostgreSQL and Redis, never an
invariant or a gateway: a wrong book or a dead operator must not take the site down.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

NOT_KEPT = {"Cache-Control": "no-store"}


def readiness() -> dict[str, bool]:
    """Return what this process needs, and whether each part answers."""
    parts = {"database": True, "redis": True}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        parts["database"] = False
    try:
        cache.get("readyz")
    except (RedisError, OSError):
        parts["redis"] = False
    return parts


def livez(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs."""
    return JsonResponse({"status": "ok"}, headers=NOT_KEPT)


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while PostgreSQL answers, else 503; Redis is reported, not required."""
    parts = readiness()
    status = 200 if parts["database"] else 503
    return JsonResponse(parts, status=status, headers=NOT_KEPT)


Send = Callable[[dict[str, Any]], Awaitable[None]]


async def health_asgi(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send
) -> None:
    """The same two answers on the ASGI process, 404 for anything else."""
    status: int = 404
    body: dict[str, Any] = {"status": "not found"}
    if scope["path"] == "/livez":
        status, body = 200, {"status": "ok"}
    elif scope["path"] == "/readyz":
        parts = await sync_to_async(readiness)()
        # Redis carries hints only: without it events come seconds later, while a process
        # that is taken away for it tells nobody anything.
        status = 200 if parts["database"] else 503
        body = parts
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
