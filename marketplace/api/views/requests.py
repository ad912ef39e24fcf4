"""Requests for services, and the quotes that they are sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from marketplace.api.filters import ServiceRequestFilter
from marketplace.api.serializers.quotes import QuoteInputSerializer, QuoteSerializer
from marketplace.api.serializers.requests import (
    CancelRequestSerializer,
    ServiceRequestInputSerializer,
    ServiceRequestSerializer,
)
from marketplace.api.views.quotes import with_names
from marketplace.models import Quote, ServiceRequest
from marketplace.services.quotes import send_quote
from marketplace.services.requests import (
    cancel_request,
    open_request,
    open_request_from_ticket,
)
from properties.api.views.shared import created, read, signed_in

PLACE = {"point", "division_id", "landmark_id", "directions", "unit_id"}
"""What a ticket's home says already."""


@extend_schema_view(
    list=extend_schema(
        operation_id="service_request_list",
        summary="List the requests that one made, lives with, or may quote for",
    ),
    retrieve=extend_schema(
        operation_id="service_request_retrieve", summary="Read a request"
    ),
)
class ServiceRequestViewSet(ReadViewSet):
    """Requests: their people's, and the providers' around while they are open."""

    model = ServiceRequest
    serializer_class = ServiceRequestSerializer
    open_to_restricted = ("cancellation",)
    filterset_class = ServiceRequestFilter

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names, and the quotes that the reader may see."""
        joined = queryset.select_related(
            "category", "division", "landmark", "requester", "occupant", "job"
        )
        seen = Quote.objects.visible_to(self.request.user)
        return joined.prefetch_related(Prefetch("quotes", seen, to_attr="seen_quotes"))

    def fresh(self, pk: UUID) -> Response:
        """Return the request as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="service_request_create",
        summary="Ask for a service",
        request=ServiceRequestInputSerializer,
        responses={201: ServiceRequestSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Ask for it: by oneself, or for the repair that a ticket tells of."""
        values = read(ServiceRequestInputSerializer, request)
        values["request_id"] = values.pop("id", None)
        values |= {"requester": signed_in(request), "now": clock.now()}
        if "ticket_id" in values:
            wanted = {k: v for k, v in values.items() if k not in PLACE}
            row = open_request_from_ticket(**wanted)
        else:
            row = open_request(**{"category_slug": "", "title": "", **values})
        row = self.visible(row.pk)
        data = self.get_serializer(row).data
        return created(row, request, data, name="service-requests-detail")

    @extend_schema(
        operation_id="service_request_cancel",
        summary="Take one's request back",
        request=CancelRequestSerializer,
        responses={200: ServiceRequestSerializer},
    )
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, pk: UUID) -> Response:
        """Take it back before a quote is accepted; again is harmless."""
        values = read(CancelRequestSerializer, request)
        cancel_request(
            request_id=pk, requester=signed_in(request), now=clock.now(), **values
        )
        return self.fresh(pk)

    @extend_schema(
        methods=["get"],
        operation_id="service_request_quote_list",
        summary="List the quotes for a request, or one's own",
        filters=False,
        responses={200: QuoteSerializer(many=True)},
    )
    @extend_schema(
        methods=["post"],
        operation_id="service_request_quote_create",
        summary="Send a quote",
        request=QuoteInputSerializer,
        responses={201: QuoteSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def quotes(self, request: Request, pk: UUID) -> Response:
        """Return a page of quotes, or send one as a provider."""
        if request.method == "POST":
            return self.send_quote(request, pk)
        refuse_unknown(request, set())
        self.sorts = {"newest": ("-id",), "cheapest": ("total", "id")}
        seen = self.visible().quotes.all().visible_to(request.user)
        page = self.paginate_queryset(with_names(seen))
        context = self.get_serializer_context()
        data = QuoteSerializer(page, many=True, context=context).data
        return self.get_paginated_response(data)

    @idempotent(required=False)
    def send_quote(self, request: Request, pk: UUID) -> Response:
        """Send a price; it costs the provider nothing."""
        values = read(QuoteInputSerializer, request)
        quote = send_quote(
            request_id=pk,
            provider=signed_in(request),
            quote_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        row = with_names(Quote.objects.filter(pk=quote.pk)).get()
        data = QuoteSerializer(row, context=self.get_serializer_context()).data
        return created(row, request, data, name="quotes-detail")
