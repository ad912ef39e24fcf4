"""JSON in: strict, small, and without the numbers that nobody means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from lokahome.core.errors import TooLarge


class JSONParser(BaseParser):
    """Reads a JSON object. NaN, Infinity, duplicates of depth and NUL are refused."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the object; raises ParseError, or TooLarge beyond the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        if not raw:
            return {}
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError from error
        if not isinstance(data, dict) or b"\\u0000" in raw:
            raise ParseError
        return data


class MergePatchParser(JSONParser):
    """JSON merge patch (RFC 7396), for PATCH."""

    media_type = "application/merge-patch+json"
