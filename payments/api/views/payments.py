"""Payments: looking at them. They are made by what they pay for (a lease, a job)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.viewsets import ReadViewSet
from payments.api.filters import PaymentFilter
from payments.api.serializers.payments import PaymentSerializer
from payments.api.serializers.transfers import RefundSerializer
from payments.models import Charge, Refund
from payments.queries import with_refunded
from payments.services.polling import request_check_on_read


@extend_schema_view(
    list=extend_schema(
        operation_id="payment_list",
        tags=["payments"],
        summary="List the payments that one makes or receives",
    )
)
class PaymentViewSet(ReadViewSet):
    """Payments, to their payer, their payee and staff."""

    model = Charge
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter

    def rows(self, queryset: QuerySet[Charge]) -> QuerySet[Charge]:
        """Bring the receipt along, and what went back."""
        return with_refunded(queryset.select_related("receipt"))

    @extend_schema(
        operation_id="payment_retrieve",
        tags=["payments"],
        summary="Read a payment, and have an open one checked",
        responses={200: PaymentSerializer},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the payment; looking at an open one may ask the gateway anew."""
        request_check_on_read(charge=self.visible(), now=clock.now())
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="payment_refund_list",
        tags=["payments"],
        summary="List what of a payment goes back to its payer, newest first",
        filters=False,
        responses={200: RefundSerializer(many=True)},
    )
    @action(detail=True, methods=["get"])
    def refunds(self, request: Request, pk: UUID) -> Response:
        """Return a page of refunds; to the payee, who gets none of them, an empty one."""
        refuse_unknown(request, set())
        found = Refund.objects.filter(charge=self.visible()).visible_to(request.user)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(RefundSerializer(page, many=True).data)
