"""Applications: asking for a home, and the answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from properties.api.serializers.applications import (
    ApplicationInputSerializer,
    ApplicationSerializer,
    ReasonSerializer,
)
from properties.api.views.shared import created, read, require_role, signed_in
from properties.models import Application
from properties.policies import roles_on_application
from properties.services.applications import (
    accept_application,
    decline_application,
    review_application,
    send_application,
    withdraw_application,
)


@extend_schema_view(
    list=extend_schema(
        operation_id="application_list", summary="List what one sent and received"
    ),
    retrieve=extend_schema(
        operation_id="application_retrieve", summary="Read an application"
    ),
)
class ApplicationViewSet(ReadViewSet):
    """Applications: seen by their tenant and by the landlord."""

    model = Application
    serializer_class = ApplicationSerializer
    open_to_restricted = ("withdrawal",)

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names."""
        return queryset.select_related("listing", "unit", "tenant", "landlord", "lease")

    def as_party(self, role: str) -> None:
        """Raise NotFound for strangers, NotAllowed for the other party."""
        require_role(role, roles_on_application(self.request.user, self.visible()))

    def fresh(self, pk: UUID) -> Response:
        """Return the application as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="application_create",
        summary="Apply for a listing",
        request=ApplicationInputSerializer,
        responses={201: ApplicationSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Send an application to the landlord."""
        values = read(ApplicationInputSerializer, request)
        row = send_application(
            tenant=signed_in(request),
            application_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        data = self.get_serializer(self.visible(row.pk)).data
        return created(row, request, data, name="applications-detail")

    @extend_schema(
        operation_id="application_accept",
        summary="Accept an application; a draft lease is made",
        request=None,
        responses={200: ApplicationSerializer},
    )
    @action(detail=True, methods=["post"])
    def acceptance(self, request: Request, pk: UUID) -> Response:
        """Accept it; `lease_id` names the draft."""
        self.as_party("landlord")
        accept_application(
            application_id=pk, landlord=signed_in(request), now=clock.now()
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="application_review",
        summary="Say that an application is being looked at",
        request=None,
        responses={200: ApplicationSerializer},
    )
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: UUID) -> Response:
        """Put it under review."""
        self.as_party("landlord")
        review_application(
            application_id=pk, landlord=signed_in(request), now=clock.now()
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="application_decline",
        summary="Decline an application",
        request=ReasonSerializer,
        responses={200: ApplicationSerializer},
    )
    @action(detail=True, methods=["post"])
    def refusal(self, request: Request, pk: UUID) -> Response:
        """Decline it with a reason."""
        self.as_party("landlord")
        decline_application(
            application_id=pk,
            landlord=signed_in(request),
            now=clock.now(),
            **read(ReasonSerializer, request),
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="application_withdraw",
        summary="Take one's application back",
        request=None,
        responses={200: ApplicationSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: UUID) -> Response:
        """Take it back."""
        self.as_party("tenant")
        withdraw_application(
            application_id=pk, tenant=signed_in(request), now=clock.now()
        )
        return self.fresh(pk)
