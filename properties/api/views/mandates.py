"""Mandates, and the handling of a listing under one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer, version_named
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ReadViewSet
from properties.api.filters import MandateFilter
from properties.api.serializers.mandates import (
    EndReasonSerializer,
    MandateInputSerializer,
    MandatePatchSerializer,
    MandateSerializer,
)
from properties.api.views.shared import (
    IF_MATCH,
    created,
    read,
    require_own_name,
    signed_in,
)
from properties.models import Listing, Mandate
from properties.services.mandate_ends import end_mandate
from properties.services.mandates import (
    accept_mandate,
    decline_mandate,
    entrust_listing,
    propose_mandate,
)


@extend_schema_view(
    list=extend_schema(
        operation_id="mandate_list",
        summary="List what one entrusted, or what one's agency holds",
    ),
    retrieve=extend_schema(operation_id="mandate_retrieve", summary="Read a mandate"),
)
class MandateViewSet(ReadViewSet):
    """A landlord's mandates; in an agency's context those of that agency alone."""

    model = Mandate
    serializer_class = MandateSerializer
    filterset_class = MandateFilter
    parser_classes = (JSONParser, MergePatchParser)

    def rows(self, queryset: QuerySet[Mandate]) -> QuerySet[Mandate]:
        """Join the names, and the listing that the mandate includes.

        An agency reads its id while the mandate gives it rights, and no longer: later
        ones of the unit are another's business.
        """
        listing = Listing.objects.open().filter(unit_id=OuterRef("unit_id"))
        is_told = Q(includes_listing=True)
        if signed_in(self.request).context is not None:
            in_force = Mandate.objects.in_force().filter(pk=OuterRef("pk"))
            is_told &= Q(Exists(in_force))
        return queryset.select_related("unit", "agency", "landlord").annotate(
            listing_id=Case(When(is_told, then=Subquery(listing.values("pk")[:1])))
        )

    def fresh(self, pk: UUID) -> Response:
        """Return the mandate as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="mandate_create",
        summary="Offer a unit to an agency",
        request=MandateInputSerializer,
        responses={201: MandateSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Propose it with the signed paper; the agency answers."""
        require_own_name(request)
        values = read(MandateInputSerializer, request)
        mandate = propose_mandate(
            landlord=signed_in(request),
            mandate_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        row = self.visible(mandate.pk)
        data = self.get_serializer(row).data
        return created(row, request, data, name="mandates-detail")

    @extend_schema(
        operation_id="mandate_update",
        summary="Put the listing into a mandate, or take it back",
        parameters=[IF_MATCH],
        request=MandatePatchSerializer,
        responses={200: MandateSerializer},
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Entrust the listing, or take it back from one moment to the next."""
        values = read(MandatePatchSerializer, request)
        self.visible(pk)
        entrust_listing(
            mandate_id=pk,
            landlord=signed_in(request),
            version=version_named(request),
            now=clock.now(),
            **values,
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="mandate_accept",
        summary="Accept a mandate for one's agency",
        request=None,
        responses={200: MandateSerializer},
    )
    @action(detail=True, methods=["post"])
    def acceptance(self, request: Request, pk: UUID) -> Response:
        """Accept it, in the agency's context."""
        accept_mandate(mandate_id=pk, actor=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="mandate_decline",
        summary="Decline a mandate for one's agency",
        request=None,
        responses={200: MandateSerializer},
    )
    @action(detail=True, methods=["post"])
    def refusal(self, request: Request, pk: UUID) -> Response:
        """Decline it, in the agency's context."""
        decline_mandate(mandate_id=pk, actor=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="mandate_end",
        summary="End a mandate, or take a proposal back",
        request=EndReasonSerializer,
        responses={200: MandateSerializer},
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: UUID) -> Response:
        """End it; what the agency saw is gone at once."""
        values: dict[str, Any] = read(EndReasonSerializer, request)
        end_mandate(mandate_id=pk, actor=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)
