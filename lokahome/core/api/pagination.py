"""Keyset pages: ``{"data": […], "next_cursor": …, "has_more": …}``, no total."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome.core.api import cursors
from lokahome.core.errors import BadRequest, FieldError

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class BadParameter(BadRequest):
    """A query parameter is unknown or malformed; the detail names the nearest valid."""

    code = "request.bad_parameter"


def bad_parameter(name: str, detail: str, code: str = "invalid") -> BadParameter:
    """Return the refusal of the query parameter *name*."""
    return BadParameter(errors=[FieldError(code, detail, parameter=name)])


def read_limit(request: Request) -> int:
    """Return ``limit``, 1 to 100, default 20; raises BadParameter."""
    text = request.query_params.get("limit", "")
    if not text:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_LIMIT:
        raise bad_parameter("limit", _("Un entier de 1 à 100 est attendu."))
    return int(text)


class KeysetPagination(BasePagination):
    """Pages by the last row's sort values.

    The view offers ``sorts``: name -> fields, the last of which is ``id`` or ``-id``;
    the first name is the default. Fields must not be null.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the page after ``cursor``, and remember what the answer needs."""
        sorts: dict[str, tuple[str, ...]] = getattr(view, "sorts", {"newest": ("-id",)})
        chosen = request.query_params.get("sort") or next(iter(sorts))
        if chosen not in sorts:
            options = ", ".join(sorts)
            raise bad_parameter("sort", _("Choix possibles : %s.") % options)
        fields = sorts[chosen]
        limit = read_limit(request)
        self.bound_to = cursors.binding(request.path, request.query_params.dict())
        if text := request.query_params.get("cursor"):
            values = cursors.decode(text, self.bound_to, length=len(fields))
            queryset = queryset.filter(after(fields, values))
        rows = list(queryset.order_by(*fields)[: limit + 1])
        self.has_more = len(rows) > limit
        page = rows[:limit]
        self.next_cursor = None
        if self.has_more:
            last = [getattr(page[-1], field.lstrip("-")) for field in fields]
            self.next_cursor = cursors.encode(last, self.bound_to)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page's envelope."""
        return Response(
            {"data": data, "next_cursor": self.next_cursor, "has_more": self.has_more}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the envelope for OpenAPI."""
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe ``limit``, ``cursor`` and ``sort`` for OpenAPI."""
        sorts = list(getattr(view, "sorts", {"newest": ()}))
        return [
            {
                "name": "limit",
                "in": "query",
                "description": "Rows on a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            },
            {
                "name": "cursor",
                "in": "query",
                "description": "`next_cursor` of the page before.",
                "schema": {"type": "string", "maxLength": 400},
            },
            {
                "name": "sort",
                "in": "query",
                "description": "Order of the rows.",
                "schema": {"type": "string", "enum": sorts, "default": sorts[0]},
            },
        ]


def page_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI schema of a page of *schema* (an array)."""
    return {
        "type": "object",
        "required": ["data", "next_cursor", "has_more"],
        "properties": {
            "data": {**schema, "maxItems": MAX_LIMIT, "description": "The rows."},
            "next_cursor": {
                "type": "string",
                "nullable": True,
                "maxLength": 400,
                "description": "Cursor of the next page; null on the last one.",
            },
            "has_more": {"type": "boolean", "description": "Whether rows follow."},
        },
    }


def after(fields: tuple[str, ...], values: list[Any]) -> Q:
    """Return the rows that come after *values* in the order of *fields*."""
    condition = Q()
    equal = Q()
    for field, value in zip(fields, values, strict=True):
        name = field.lstrip("-")
        operator = "lt" if field.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{operator}": value})
        equal &= Q(**{name: value})
    return condition
