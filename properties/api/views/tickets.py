"""Maintenance tickets: telling, deciding who pays, contesting, photos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from properties.api.filters import TicketFilter
from properties.api.serializers.applications import ReasonSerializer
from properties.api.serializers.listings import PhotoInputSerializer
from properties.api.serializers.tickets import (
    TicketDecisionSerializer,
    TicketInputSerializer,
    TicketPhotoSerializer,
    TicketSerializer,
)
from properties.api.views.shared import created, read, require_role, signed_in
from properties.models import Ticket
from properties.policies import roles_on_ticket
from properties.services.ticket_contests import contest_payer
from properties.services.ticket_photos import add_ticket_photo
from properties.services.tickets import close_ticket, decide_ticket, open_ticket


@extend_schema_view(
    list=extend_schema(
        operation_id="ticket_list", summary="List the repairs of one's leases"
    ),
    retrieve=extend_schema(operation_id="ticket_retrieve", summary="Read a ticket"),
)
class TicketViewSet(ReadViewSet):
    """Maintenance tickets: seen by the two parties of their lease."""

    model = Ticket
    serializer_class = TicketSerializer
    open_to_restricted = True
    filterset_class = TicketFilter

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names."""
        joined = queryset.select_related("lease", "tenant", "landlord")
        return joined.prefetch_related("photos")

    def fresh(self, pk: UUID) -> Response:
        """Return the ticket as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    def as_role(self, role: str) -> None:
        """Raise NotFound for strangers, NotAllowed for the other party."""
        require_role(role, roles_on_ticket(self.request.user, self.visible()))

    @extend_schema(
        operation_id="ticket_create",
        summary="Tell that something is broken",
        request=TicketInputSerializer,
        responses={201: TicketSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Tell it; the landlord then says who pays."""
        values = read(TicketInputSerializer, request)
        ticket = open_ticket(
            person=signed_in(request),
            ticket_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        row = self.visible(ticket.pk)
        data = self.get_serializer(row).data
        return created(row, request, data, name="tickets-detail")

    @extend_schema(
        operation_id="ticket_decide",
        summary="Decide who pays for the repair",
        request=TicketDecisionSerializer,
        responses={200: TicketSerializer},
    )
    @action(detail=True, methods=["post"])
    def decision(self, request: Request, pk: UUID) -> Response:
        """Decide it; the landlord may still take it over until work begins."""
        self.as_role("landlord")
        decide_ticket(
            ticket_id=pk,
            landlord=signed_in(request),
            now=clock.now(),
            **read(TicketDecisionSerializer, request),
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="ticket_contest",
        summary="Contest having to pay",
        request=ReasonSerializer,
        responses={200: TicketSerializer},
    )
    @action(detail=True, methods=["post"])
    def contest(self, request: Request, pk: UUID) -> Response:
        """Ask the platform who should pay; again is harmless."""
        self.as_role("tenant")
        contest_payer(
            ticket_id=pk,
            tenant=signed_in(request),
            now=clock.now(),
            **read(ReasonSerializer, request),
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="ticket_close",
        summary="Close one's ticket without work",
        request=ReasonSerializer,
        responses={200: TicketSerializer},
    )
    @action(detail=True, methods=["post"])
    def closure(self, request: Request, pk: UUID) -> Response:
        """Close it, with why: it was mended, or was nothing."""
        self.as_role("opener")
        close_ticket(
            ticket_id=pk,
            person=signed_in(request),
            now=clock.now(),
            **read(ReasonSerializer, request),
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="ticket_photo_create",
        summary="Attach an upload as the next photo",
        request=PhotoInputSerializer,
        responses={201: TicketPhotoSerializer},
    )
    @action(detail=True, methods=["post"])
    def photos(self, request: Request, pk: UUID) -> Response:
        """Attach it; the same upload again is the same photo."""
        self.visible()
        photo = add_ticket_photo(
            ticket_id=pk,
            person=signed_in(request),
            **read(PhotoInputSerializer, request),
        )
        data = TicketPhotoSerializer(photo).data
        headers = {"Location": f"{request.path}/{photo.pk}"}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)
