"""Leases: terms, signatures, rent periods, payments, documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import client_address
from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ReadViewSet
from payments.api.serializers.payments import PaymentSerializer
from properties.api.serializers.leases import (
    LeaseDocumentSerializer,
    LeasePatchSerializer,
    LeaseSerializer,
    RentPaymentInputSerializer,
    RentPeriodSerializer,
    SignatureInputSerializer,
)
from properties.api.views.shared import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    read,
    require_role,
    signed_in,
)
from properties.models import Lease
from properties.policies import roles_on_lease
from properties.queries.documents import documents_of
from properties.services.lease_drafts import (
    change_lease_terms,
    correct_lease,
    send_lease,
)
from properties.services.leases import sign_lease
from properties.services.rent import pay_rent


@extend_schema_view(
    list=extend_schema(operation_id="lease_list", summary="List one's leases"),
    retrieve=extend_schema(operation_id="lease_retrieve", summary="Read a lease"),
)
class LeaseViewSet(ReadViewSet):
    """Leases: seen by their two parties."""

    model = Lease
    serializer_class = LeaseSerializer
    open_to_restricted = ("payments",)
    parser_classes = (JSONParser, MergePatchParser)

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names."""
        joined = queryset.select_related("unit", "tenant", "landlord")
        return joined.prefetch_related("signatures")

    def fresh(self, pk: UUID) -> Response:
        """Return the lease as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    def as_landlord(self) -> None:
        """Raise NotFound for strangers, NotAllowed for the tenant."""
        require_role("landlord", roles_on_lease(self.request.user, self.visible()))

    @extend_schema(
        operation_id="lease_update",
        summary="Change the terms of a draft",
        parameters=[IF_MATCH],
        request=LeasePatchSerializer,
        responses={200: LeaseSerializer},
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change terms, as the landlord, before they are sent."""
        changes = read(LeasePatchSerializer, request, partial=True)
        self.as_landlord()
        with transaction.atomic():
            require_if_match(request, self.visible_locked())
            change_lease_terms(
                lease_id=pk,
                landlord=signed_in(request),
                changes=changes,
                now=clock.now(),
            )
        return self.fresh(pk)

    @extend_schema(
        operation_id="lease_send",
        summary="Check the terms and send them for signature",
        request=None,
        responses={200: LeaseSerializer},
    )
    @action(detail=True, methods=["post"], url_path="signature-request")
    def signature_request(self, request: Request, pk: UUID) -> Response:
        """Fix the terms; what the law refuses is said at once."""
        self.as_landlord()
        send_lease(lease_id=pk, landlord=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="lease_correct",
        summary="Take a lease that is out for signature back to draft",
        request=None,
        responses={200: LeaseSerializer},
    )
    @action(detail=True, methods=["post"])
    def correction(self, request: Request, pk: UUID) -> Response:
        """Open the terms again; signatures given so far no longer count."""
        self.as_landlord()
        correct_lease(lease_id=pk, landlord=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="lease_sign",
        summary="Sign the exact terms; the second signature starts the lease",
        request=SignatureInputSerializer,
        responses={200: LeaseSerializer},
    )
    @action(detail=True, methods=["post"])
    def signatures(self, request: Request, pk: UUID) -> Response:
        """Sign as the party that asks; again is harmless."""
        sign_lease(
            lease_id=pk,
            person=signed_in(request),
            now=clock.now(),
            client_ip=client_address(request),
            **read(SignatureInputSerializer, request),
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="lease_rent_period_list",
        summary="List the rent periods of a lease, oldest first",
        filters=False,
        responses={200: RentPeriodSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], url_path="rent-periods")
    def rent_periods(self, request: Request, pk: UUID) -> Response:
        """Return a page of periods."""
        refuse_unknown(request, set())
        self.sorts = {"oldest": ("starts_on", "id")}
        page = self.paginate_queryset(self.visible().rent_periods.all())
        return self.get_paginated_response(RentPeriodSerializer(page, many=True).data)

    @extend_schema(
        operation_id="lease_payment_create",
        summary="Pay rent by mobile money",
        parameters=[IDEMPOTENCY_KEY],
        request=RentPaymentInputSerializer,
        responses={202: PaymentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def payments(self, request: Request, pk: UUID) -> Response:
        """Ask the payer's wallet; `next_action` is `wait` until the gateway was told."""
        values = read(RentPaymentInputSerializer, request)
        charge = pay_rent(
            lease_id=pk,
            payer=signed_in(request),
            payment_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        headers = {"Location": reverse("payments-detail", args=[charge.pk])}
        body = PaymentSerializer(charge, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)

    @extend_schema(
        operation_id="lease_document_list",
        summary="List the sealed documents of a lease, newest first",
        filters=False,
        responses={200: LeaseDocumentSerializer(many=True)},
    )
    @action(detail=True, methods=["get"])
    def documents(self, request: Request, pk: UUID) -> Response:
        """Return a page of quittances and receipts."""
        refuse_unknown(request, set())
        found = documents_of(self.visible()).visible_to(request.user)
        page = self.paginate_queryset(found.select_related("number"))
        context = self.get_serializer_context()
        data = LeaseDocumentSerializer(page, many=True, context=context).data
        return self.get_paginated_response(data)
