"""Giving an HTTP answer as a fault wants it: late, cut, wrong, endless."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from payments.simulators import connections
from payments.simulators.faults import Fault

HTML = "<!doctype html><html><body><h1>Web Page Blocked</h1></body></html>"
_HUGE = 10_000_000
_WRONG: dict[str, dict[str, Callable[[Any], Any]]] = {
    "wrong_amount": {"amount": lambda value: value + 1},
    "wrong_type": {"amount": str},
    "wrong_float": {"amount": float},
    "wrong_sign": {"amount": lambda value: -value},
    "wrong_status": {"status": lambda _: "perhaps"},
    "wrong_currency": {
        "currency_id": lambda _: 2,
        "currency": lambda _: {"iso": "EUR", "code": 978},
    },
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A proper answer: `object_key` names what it was about."""

    status: int
    payload: Any
    object_key: str = ""


async def answer(
    request: Request,
    fault: Fault | None,
    act: Callable[[], Reply],
    drain: Callable[[str], Awaitable[None]],
) -> Response:
    """Run `act` (or not) and answer (or not) as `fault` says."""
    kind = fault.kind if fault else ""
    seconds = fault.seconds if fault else 0.0
    if kind == "busy":
        return json_response(429, {"message": "Trop de requêtes"}, {"Retry-After": "2"})
    if kind == "error_before":
        return json_response(500, {"message": "Erreur interne"})
    if kind == "html":
        return Response(HTML, media_type="text/html")
    if kind in ("drop_before", "timeout_before"):
        return await _silence(request, seconds if kind == "timeout_before" else 0)
    reply = act()
    if kind in ("drop_after", "timeout_after"):
        return await _silence(request, seconds if kind == "timeout_after" else 0)
    if kind == "error_after":
        return json_response(500, {"message": "Erreur interne"})
    if kind == "html_after":
        return Response(HTML, media_type="text/html")
    if kind == "webhook_first":
        await drain(reply.object_key)
    if kind == "slow":
        body = json.dumps(reply.payload).encode()
        gap = min(1.0, seconds / 30)
        return StreamingResponse(_dripping(body, gap), media_type="application/json")
    if kind == "huge":
        return StreamingResponse(_endless(), media_type="application/json")
    payload = reply.payload
    if kind == "flat":
        payload = _flat(payload)
    if kind in _WRONG:
        payload = _spoilt(payload, _WRONG[kind])
    return json_response(reply.status, payload)


def json_response(
    status: int, payload: Any, headers: dict[str, str] | None = None
) -> Response:
    """Answer JSON with raw accents."""
    body = json.dumps(payload, ensure_ascii=False)
    return Response(body, status, headers, media_type="application/json")


async def _silence(request: Request, seconds: float) -> Response:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end and not await request.is_disconnected():
        await asyncio.sleep(0.05)
    connections.abort(request.client)
    # Nobody reads it: the socket is gone. The framework wants some answer.
    return Response(status_code=500)


async def _dripping(body: bytes, gap: float) -> AsyncIterator[bytes]:
    for index in range(len(body)):
        yield body[index : index + 1]
        await asyncio.sleep(gap)


async def _endless() -> AsyncIterator[bytes]:
    block = b" " * 100_000
    for _ in range(_HUGE // len(block)):
        yield block


def _flat(payload: Any) -> Any:
    if isinstance(payload, dict):
        for key, value in payload.items():
            if str(key).startswith("v1/"):
                return value
    return payload


def _spoilt(payload: Any, changes: dict[str, Callable[[Any], Any]]) -> Any:
    if isinstance(payload, list):
        return [_spoilt(item, changes) for item in payload]
    if not isinstance(payload, dict):
        return payload
    return {
        key: (
            changes[key](value)
            if key in changes and value is not None
            else _spoilt(value, changes)
        )
        for key, value in payload.items()
    }
