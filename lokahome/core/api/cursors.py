"""Opaque, signed page cursors, bound to the filters and order they were made for."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lokahome.core.errors import BadRequest

SIGNATURE_BYTES = 12
NOT_BOUND = {"cursor", "limit"}


class BadCursor(BadRequest):
    """The cursor was altered, or belongs to other filters or another order."""

    code = "cursor.invalid"
    title = _("Ce curseur n’est pas valable pour cette liste")


def binding(path: str, parameters: Mapping[str, str]) -> str:
    """Return what ties a cursor to a list: its path, its filters and its order."""
    bound = sorted((k, v) for k, v in parameters.items() if k not in NOT_BOUND)
    return hashlib.sha256(orjson.dumps([path, bound])).hexdigest()[:16]


def encode(values: Sequence[Any], bound_to: str) -> str:
    """Return the cursor that holds *values* (JSON, UUID or datetime)."""
    payload = orjson.dumps(list(values))
    raw = _sign(payload, bound_to) + payload
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str, bound_to: str, *, length: int) -> list[Any]:
    """Return the *length* values of cursor *text*; raises BadCursor."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _sign(payload, bound_to)):
            raise BadCursor
        values = orjson.loads(payload)
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    if not isinstance(values, list) or len(values) != length:
        raise BadCursor
    return values


def _sign(payload: bytes, bound_to: str) -> bytes:
    key = settings.CURSOR_KEY.encode()
    message = bound_to.encode() + b"\x00" + payload
    return hmac.digest(key, message, "sha256")[:SIGNATURE_BYTES]
