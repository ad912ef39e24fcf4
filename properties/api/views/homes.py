"""Properties and units."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ReadViewSet
from properties.api.serializers.homes import (
    PropertyInputSerializer,
    PropertyPatchSerializer,
    PropertySerializer,
    UnitInputSerializer,
    UnitPatchSerializer,
    UnitSerializer,
)
from properties.api.views.shared import (
    IF_MATCH,
    created,
    read,
    require_own_name,
    require_role,
    signed_in,
)
from properties.models import Property, Unit
from properties.services.homes import (
    add_unit,
    change_property,
    change_unit,
    register_property,
)


@extend_schema_view(
    list=extend_schema(
        operation_id="property_list", summary="List the properties one may see"
    ),
    retrieve=extend_schema(
        operation_id="property_retrieve", summary="Read a property's exact address"
    ),
)
class PropertyViewSet(ReadViewSet):
    """Exact addresses: their owner's, and whom the owner accepted."""

    model = Property
    serializer_class = PropertySerializer
    parser_classes = (JSONParser, MergePatchParser)

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join the names of the place."""
        return queryset.select_related("division", "landmark")

    @extend_schema(
        operation_id="property_create",
        summary="Register a property",
        request=PropertyInputSerializer,
        responses={201: PropertySerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Register a place with homes in it."""
        require_own_name(request)
        values = read(PropertyInputSerializer, request)
        row = register_property(
            landlord=signed_in(request),
            property_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        data = self.get_serializer(row).data
        return created(row, request, data, name="properties-detail")

    @extend_schema(
        operation_id="property_update",
        summary="Change a property",
        parameters=[IF_MATCH],
        request=PropertyPatchSerializer,
        responses={200: PropertySerializer},
    )
    def partial_update(self, request: Request, pk: Any) -> Response:
        """Change facts; a new place sends public listings back to review."""
        changes = read(PropertyPatchSerializer, request, partial=True)
        with transaction.atomic():
            row = self.visible_locked()
            require_own_name(request)
            require_role(row.landlord_id, {signed_in(request).pk})
            require_if_match(request, row)
            row = change_property(
                property_id=pk,
                landlord=signed_in(request),
                changes=changes,
                now=clock.now(),
            )
        return answer(row, request, self.get_serializer(row).data)


@extend_schema_view(
    list=extend_schema(operation_id="unit_list", summary="List the units one may see"),
    retrieve=extend_schema(operation_id="unit_retrieve", summary="Read a unit"),
)
class UnitViewSet(ReadViewSet):
    """Homes that are let as one."""

    model = Unit
    serializer_class = UnitSerializer
    parser_classes = (JSONParser, MergePatchParser)

    @extend_schema(
        operation_id="unit_create",
        summary="Add a unit to a property",
        request=UnitInputSerializer,
        responses={201: UnitSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Add a home."""
        require_own_name(request)
        values = read(UnitInputSerializer, request)
        row = add_unit(
            landlord=signed_in(request),
            unit_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        return created(row, request, self.get_serializer(row).data, name="units-detail")

    @extend_schema(
        operation_id="unit_update",
        summary="Change a unit",
        parameters=[IF_MATCH],
        request=UnitPatchSerializer,
        responses={200: UnitSerializer},
    )
    def partial_update(self, request: Request, pk: Any) -> Response:
        """Change facts; the open listing follows."""
        changes = read(UnitPatchSerializer, request, partial=True)
        with transaction.atomic():
            row = self.visible_locked()
            require_own_name(request)
            require_role(row.landlord_id, {signed_in(request).pk})
            require_if_match(request, row)
            row = change_unit(
                unit_id=pk,
                landlord=signed_in(request),
                changes=changes,
                now=clock.now(),
            )
        return answer(row, request, self.get_serializer(row).data)
