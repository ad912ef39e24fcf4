"""Frames: what goes over the socket, each a JSON object with a ``type``.

Apps may meet types they do not know, and skip them; so do we. docs/api/asyncapi.yaml
describes every type that stands here (a test compares).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from lokahome.core.errors import FieldError, InvalidInput

PATH = "/realtime/v1"
MAX_FRAME = 32 * 1024
"""Bytes of one frame, either way; the server's own limit is the same (1009)."""
BIGGEST_NUMBER = 2**53 - 1
"""What every JSON reader counts exactly."""

FROM_APPS = frozenset({"hello", "send", "cursor", "beat"})
TO_APPS = frozenset(
    {
        *("welcome", "batch", "live", "reset", "event"),
        *("ack", "nack", "beat", "expiring", "problem"),
    }
)


class Closing(IntEnum):
    """Why a socket was closed by us; what the app does then is in the manual."""

    TOO_BIG = 1009
    FAULT = 1011
    BAD_FRAME = 4400
    SIGN_IN = 4401
    FORBIDDEN = 4403
    SLOW = 4408
    SUPERSEDED = 4409
    RESET = 4410
    TOO_MANY = 4429


class BadFrame(ValueError):
    """The frame cannot be read; the socket is closed with 4400."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: a ticket, and where the app's copy of the log stands."""

    ticket: str
    epoch: UUID | None
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Send:
    """A message to write. *errors* are answered by a nack."""

    client_id: UUID
    conversation_id: UUID | None
    body: str
    errors: tuple[FieldError, ...] = ()

    def check(self) -> None:
        """Raise InvalidInput, with every failure, when there is one."""
        if self.errors:
            raise InvalidInput(errors=self.errors)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a conversation was received and read."""

    conversation_id: UUID
    delivered_seq: int
    read_seq: int


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life, and where the app's copy of the log stands."""

    cursor: int


Frame = Hello | Send | Cursor | Beat


def parse(text: str) -> Frame | None:
    """Return the frame that *text* is, None for a type unknown here.

    Raises BadFrame for what no app that follows the manual sends.
    """
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise BadFrame("not JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise BadFrame("not an object with a type")
    reader = _READERS.get(found["type"])
    return reader(found) if reader else None


def _hello(found: dict[str, Any]) -> Hello:
    ticket = found.get("ticket")
    if not isinstance(ticket, str) or not 0 < len(ticket) <= 200:
        raise BadFrame("hello without a ticket")
    epoch, cursor = found.get("epoch"), found.get("cursor")
    if (epoch is None) != (cursor is None):
        raise BadFrame("epoch and cursor go together")
    if epoch is None:
        return Hello(ticket, None, None)
    return Hello(ticket, _uuid(found, "epoch"), _number(found, "cursor"))


def _send(found: dict[str, Any]) -> Send:
    client_id = _uuid(found, "client_id")
    errors = []
    conversation_id: UUID | None = None
    body = found.get("body")
    try:
        conversation_id = _uuid(found, "conversation_id")
    except BadFrame:
        errors.append(FieldError("invalid", _("UUID attendu."), "/conversation_id"))
    if not isinstance(body, str):
        errors.append(FieldError("invalid", _("Texte attendu."), "/body"))
        body = ""
    return Send(client_id, conversation_id, body, tuple(errors))


def _cursor(found: dict[str, Any]) -> Cursor:
    return Cursor(
        _uuid(found, "conversation_id"),
        _number(found, "delivered_seq"),
        _number(found, "read_seq"),
    )


def _beat(found: dict[str, Any]) -> Beat:
    return Beat(_number(found, "cursor"))


_READERS: dict[str, Callable[[dict[str, Any]], Frame]] = {
    "hello": _hello,
    "send": _send,
    "cursor": _cursor,
    "beat": _beat,
}


def _uuid(found: dict[str, Any], name: str) -> UUID:
    value = found.get(name)
    try:
        # Only text: UUID() takes other types apart, and braces and urn: as well.
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise BadFrame(f"{name} is no UUID")


def _number(found: dict[str, Any], name: str) -> int:
    value = found.get(name)
    if type(value) is int and 0 <= value <= BIGGEST_NUMBER:
        return value
    raise BadFrame(f"{name} is no whole number from 0 to 2^53-1")


def encode(kind: str, /, **members: Any) -> str:
    """Return the frame of type *kind* with *members*, as it is sent."""
    return orjson.dumps({"type": kind, **members}).decode()


def encode_events(events: Sequence[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield *events* in as few frames as fit: one is an ``event``, more a ``batch``.

    Each comes with the ``useq`` of the last event in it.
    """
    if len(events) == 1:
        yield encode("event", **events[0]), events[0]["useq"]
        return
    head, tail = b'{"type":"batch","events":[', b"]}"
    parts: list[bytes] = []
    size, last = len(head) + len(tail), 0
    for event in events:
        part = orjson.dumps(event)
        if parts and size + len(part) + 1 > MAX_FRAME:
            yield (head + b",".join(parts) + tail).decode(), last
            parts, size = [], len(head) + len(tail)
        parts.append(part)
        size, last = size + len(part) + 1, event["useq"]
    if parts:
        yield (head + b",".join(parts) + tail).decode(), last
