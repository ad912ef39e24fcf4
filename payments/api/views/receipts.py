"""Receipts: looking at them, and the way to the PDF."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.viewsets import ReadViewSet
from lokahome.core.documents.links import signed_link
from payments.api.serializers.receipts import (
    ReceiptDetailSerializer,
    ReceiptSerializer,
)
from payments.models import Receipt
from payments.queries import receipt_document

NEVER_STORED = {"Cache-Control": "private, no-store"}


@extend_schema_view(
    list=extend_schema(
        operation_id="receipt_list",
        tags=["receipts"],
        summary="List the receipts of the payments that one makes or receives",
    )
)
class ReceiptViewSet(ReadViewSet):
    """Receipts, to payer, payee and staff."""

    model = Receipt
    serializer_class = ReceiptSerializer

    def rows(self, queryset: QuerySet[Receipt]) -> QuerySet[Receipt]:
        """Bring the payment along."""
        return queryset.select_related("charge")

    @extend_schema(
        operation_id="receipt_retrieve",
        tags=["receipts"],
        summary="Read a receipt, with a link to its PDF",
        responses={200: ReceiptDetailSerializer},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the receipt with a link for this reader; stored by nobody."""
        receipt = self.visible()
        user: Any = request.user
        link = signed_link(
            receipt_document(receipt.document_id), reader_id=user.pk, now=clock.now()
        )
        body = ReceiptDetailSerializer(receipt, context={"link": link}).data
        return Response(body, headers=NEVER_STORED)
