"""Payments: looking at them. They are made by what they pay for (a lease, a job)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.viewsets import ReadViewSet
from payments.api.filters import PaymentFilter
from payments.api.serializers.payments import PaymentSerializer
from payments.models import Charge
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
        """Bring the receipt along."""
        return queryset.select_related("receipt")

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
