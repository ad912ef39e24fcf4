"""Pages of listings: by key, or outwards from a point."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome.core.api import cursors
from lokahome.core.api.pagination import (
    KeysetPagination,
    bad_parameter,
    page_schema,
    read_limit,
)

DEEPEST = 400
"""A nearby search goes this deep; whoever needs more narrows the search."""
NARROW = "nearby.narrow_your_search"


class ListingPagination(KeysetPagination):
    """Keyset pages; where rows have a ``distance``, pages outwards from the point.

    Nearby: the inner statement is ``ORDER BY point <-> p LIMIT k + 1``, which walks the
    index; the order by (distance, id) is made on those few rows. The cursor holds
    (distance, id, k), so page n reads at most DEEPEST + 1 index entries.
    """

    code = ""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the page after ``cursor``."""
        if "distance" not in queryset.query.annotations:
            return super().paginate_queryset(queryset, request, view)
        if request.query_params.get("sort", "nearest") != "nearest":
            raise bad_parameter("sort", _("Près d’un point, l’ordre est la distance."))
        limit = read_limit(request)
        self.bound_to = cursors.binding(request.path, request.query_params.dict())
        after: tuple[float, UUID] | None = None
        seen = 0
        if text := request.query_params.get("cursor"):
            distance, row_id, seen = cursors.decode(text, self.bound_to, length=3)
            after = (float(distance), UUID(row_id))
        depth = min(seen + limit, DEEPEST)
        found = self._outwards(queryset, depth)
        is_deeper = len(found) > depth
        fresh = [item for item in found[:depth] if after is None or item > after]
        page = fresh[:limit]
        self.has_more = is_deeper and depth < DEEPEST
        self.code = NARROW if is_deeper and depth >= DEEPEST else ""
        self.next_cursor = None
        if self.has_more:
            # Homes published nearer meanwhile may have filled this depth: go on from
            # where the reader was.
            last = page[-1] if page else after or (0.0, UUID(int=0))
            self.next_cursor = cursors.encode([*last, depth], self.bound_to)
        return self._rows(view, page)

    def _outwards(
        self, queryset: QuerySet[Any], depth: int
    ) -> list[tuple[float, UUID]]:
        """Return (distance, id) of the *depth* + 1 nearest, and of their ties.

        Rows at exactly the last distance are taken too: the index gives ties in no
        order, and one that was left out would never be seen again.
        """
        found: list[tuple[float, UUID]] = list(
            queryset.values_list("distance", "pk")[: depth + 1]
        )
        if len(found) > depth > 0 and found[depth - 1][0] == found[depth][0]:
            ties = queryset.filter(distance=found[depth][0])
            found = list({*found, *ties.values_list("distance", "pk")[:DEEPEST]})
        return sorted(found)

    def _rows(self, view: Any, page: list[tuple[float, UUID]]) -> list[Any]:
        # By key alone: with the search's conditions the circle would be walked again.
        wanted = view.get_queryset().in_bulk([row_id for _distance, row_id in page])
        rows = []
        for distance, row_id in page:
            if (row := wanted.get(row_id)) is not None:
                row.distance = distance
                rows.append(row)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope; ``code`` says why there is no more."""
        response = super().get_paginated_response(data)
        if self.code:
            response.data["code"] = self.code
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the envelope for OpenAPI."""
        page = page_schema(schema)
        page["properties"]["code"] = {
            "type": "string",
            "maxLength": 60,
            "description": f"`{NARROW}` when a nearby search went as deep as it may.",
        }
        return page
