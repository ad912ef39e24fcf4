"""Payouts: looking at them. Staff propose and approve them in the back-office."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view

from lokahome.core.api.viewsets import ReadViewSet
from payments.api.filters import PayoutFilter
from payments.api.serializers.transfers import PayoutSerializer
from payments.models import Payout


@extend_schema_view(
    list=extend_schema(
        operation_id="payout_list",
        tags=["payouts"],
        summary="List the payouts that one receives",
    ),
    retrieve=extend_schema(
        operation_id="payout_retrieve", tags=["payouts"], summary="Read a payout"
    ),
)
class PayoutViewSet(ReadViewSet):
    """Payouts, to their payee and to staff of money."""

    model = Payout
    serializer_class = PayoutSerializer
    filterset_class = PayoutFilter
