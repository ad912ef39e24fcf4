"""Categories of services, and the providers who do them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.standing import InGoodStanding
from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import LokaViewSet, ReadViewSet
from lokahome.core.errors import NotAllowed
from marketplace.api.filters import CategoryFilter, ProviderFilter
from marketplace.api.serializers.providers import (
    CategorySerializer,
    ProviderInputSerializer,
    ProviderPatchSerializer,
    ProviderSerializer,
)
from marketplace.models import ProviderProfile, ServiceCategory
from marketplace.services.providers import change_profile, offer_services
from properties.api.views.shared import IF_MATCH, created, read, signed_in


@extend_schema_view(
    list=extend_schema(
        operation_id="service_category_list",
        summary="List trades and what is asked of them",
    )
)
class ServiceCategoryViewSet(ListModelMixin, LokaViewSet):
    """Categories: everybody's to read."""

    model = ServiceCategory
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter
    permission_classes = [AllowAny]
    sorts = {"usual": ("position", "id")}

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join the trade above."""
        return queryset.select_related("parent")


@extend_schema_view(
    list=extend_schema(
        operation_id="provider_list", summary="Find providers who come to a place"
    ),
    retrieve=extend_schema(operation_id="provider_retrieve", summary="See a provider"),
)
class ProviderViewSet(ReadViewSet):
    """Providers who take work are everybody's to see; one's own profile always."""

    model = ProviderProfile
    serializer_class = ProviderSerializer
    filterset_class = ProviderFilter
    permission_classes = [IsAuthenticatedOrReadOnly, InGoodStanding]
    parser_classes = (JSONParser, MergePatchParser)
    sorts = {"newest": ("-id",), "most_done": ("-jobs_done", "-id")}

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch what they do."""
        return queryset.prefetch_related("categories")

    @extend_schema(
        operation_id="provider_create",
        summary="Offer services",
        request=ProviderInputSerializer,
        responses={201: ProviderSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Make the profile under which one quotes; a person has one."""
        values = read(ProviderInputSerializer, request)
        row = offer_services(
            person=signed_in(request),
            provider_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        data = self.get_serializer(row).data
        return created(row, request, data, name="providers-detail")

    @extend_schema(
        operation_id="provider_update",
        summary="Change one's profile",
        parameters=[IF_MATCH],
        request=ProviderPatchSerializer,
        responses={200: ProviderSerializer},
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change it; quotes that were sent stay as they are."""
        changes = read(ProviderPatchSerializer, request, partial=True)
        if self.visible().person_id != signed_in(request).pk:
            raise NotAllowed
        with transaction.atomic():
            require_if_match(request, self.visible_locked())
            change_profile(
                provider_id=pk,
                person=signed_in(request),
                changes=changes,
                now=clock.now(),
            )
        row = self.visible(pk)
        return answer(row, request, self.get_serializer(row).data)
