"""Reviews of closed jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.standing import InGoodStanding
from lokahome.core import clock
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from marketplace.api.filters import ReviewFilter
from marketplace.api.serializers.reviews import ReviewInputSerializer, ReviewSerializer
from marketplace.models import Review
from marketplace.services.reviews import write_review
from properties.api.views.shared import created, read, signed_in


@extend_schema_view(
    list=extend_schema(operation_id="review_list", summary="Read reviews of a person"),
    retrieve=extend_schema(operation_id="review_retrieve", summary="Read a review"),
)
class ReviewViewSet(ReadViewSet):
    """Reviews: everybody's to read once revealed, their author's before."""

    model = Review
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    permission_classes = [IsAuthenticatedOrReadOnly, InGoodStanding]

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join who wrote it."""
        return queryset.select_related("author")

    @extend_schema(
        operation_id="review_create",
        summary="Say what one thinks of the other party of a closed job",
        request=ReviewInputSerializer,
        responses={201: ReviewSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Write it; both are revealed together, or after 14 days."""
        values = read(ReviewInputSerializer, request)
        review = write_review(
            author=signed_in(request),
            review_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        data = self.get_serializer(review).data
        return created(review, request, data, name="reviews-detail")
