"""The id that ties an answer, its log lines, its audit rows and its events together."""

from __future__ import annotations

import re
from contextvars import ContextVar

from lokahome.core.ids import uuid7

_current: ContextVar[str] = ContextVar("request_id", default="")
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_request_id() -> str:
    """Return the id of the request or job at work, or an empty string."""
    return _current.get()


def begin_request_id(given: str = "") -> str:
    """Take the caller's id when it is well-formed, else make one; return it."""
    value = given if ACCEPTED.fullmatch(given) else str(uuid7())
    _current.set(value)
    return value
