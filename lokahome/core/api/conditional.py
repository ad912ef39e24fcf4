"""Conditional requests: ETag and 304 on single objects, If-Match on changes."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core.api.renderers import JSONRenderer
from lokahome.core.errors import DomainError, StaleVersion

ETAG_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})(?:-[0-9a-f]+)?"$')


class PreconditionRequired(DomainError):
    """The change needs ``If-Match`` with the ETag that was read."""

    code = "version.required"
    status = 428
    title = gettext_lazy("L’en-tête If-Match est obligatoire")


def etag_of(row: Any, request: Request, data: dict[str, Any]) -> str:
    """Return ``"<version>-<digest>"`` of *data*, what the reader would see of *row*.

    The version alone would not do: a person's hats, a payment's receipt and the like
    are other rows, which come without a new version of this one.
    """
    view = request.query_params.get("view", "")
    parts = "\x1f".join([str(row.pk), get_language() or "", view]).encode()
    seen = hashlib.sha256(parts + b"\x1f" + JSONRenderer().render(data))
    return f'"{row.version}-{seen.hexdigest()[:12]}"'


def not_modified(request: Request, etag: str) -> bool:
    """Return whether ``If-None-Match`` holds *etag* (weakened by gzip or not)."""
    given = request.headers.get("If-None-Match", "")
    return etag in {part.strip().removeprefix("W/") for part in given.split(",")}


def answer(row: Any, request: Request, data: dict[str, Any], **kwargs: Any) -> Response:
    """Return *data* with its ETag, or 304 when the reader has it already."""
    etag = etag_of(row, request, data)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.method in {"GET", "HEAD"} and not_modified(request, etag):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(data, headers={**headers, **kwargs.pop("headers", {})}, **kwargs)


def require_if_match(request: Request, row: Any) -> None:
    """Raise PreconditionRequired (428) or StaleVersion (412) unless the reader's
    version is *row*'s. Call it on the locked row."""
    if version_named(request) != row.version:
        raise StaleVersion


def version_named(request: Request) -> int:
    """Return the version in ``If-Match``, for a service that compares it under its lock.

    Raises PreconditionRequired (428), StaleVersion (412) for what is no ETag of ours.
    """
    given = request.headers.get("If-Match", "")
    if not given:
        raise PreconditionRequired
    match = ETAG_VERSION.match(given.strip())
    if match is None:
        raise StaleVersion
    return int(match[1])
