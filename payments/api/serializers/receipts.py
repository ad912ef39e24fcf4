"""A receipt as the app shows it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField
from lokahome.core.clock import local_day
from payments.models import Receipt


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    """The *reçu* of one captured payment."""

    id = serializers.UUIDField(read_only=True, help_text="The receipt.")
    number = serializers.CharField(
        read_only=True, max_length=40, help_text="As printed, `RC-2026-000042`."
    )
    payment_id = serializers.UUIDField(
        source="charge_id", read_only=True, help_text="The payment."
    )
    amount = MoneyField(source="charge.money", read_only=True, help_text="Received.")
    description = serializers.CharField(
        source="charge.description",
        read_only=True,
        max_length=120,
        help_text="What was paid.",
    )
    paid_on = serializers.SerializerMethodField(help_text="Day in Benin.")
    issued_at = serializers.DateTimeField(read_only=True, help_text="When drawn.")

    class Meta:
        model = Receipt
        fields = (
            "id",
            "number",
            "payment_id",
            "amount",
            "description",
            "paid_on",
            "issued_at",
        )

    @extend_schema_field(serializers.DateField())
    def get_paid_on(self, receipt: Receipt) -> str:
        """Return the day on which the money was taken."""
        moment = receipt.charge.captured_at or receipt.issued_at
        return local_day(moment).isoformat()


class DocumentLinkSerializer(serializers.Serializer[Any]):
    """A signed link to a private PDF; ends after five minutes, each view is logged."""

    url = serializers.CharField(max_length=500, help_text="Where the PDF is.")
    expires_at = serializers.DateTimeField(help_text="Until when.")


class ReceiptDetailSerializer(ReceiptSerializer):
    """A receipt with the way to its PDF."""

    document = serializers.SerializerMethodField(help_text="The PDF.")

    class Meta:
        model = Receipt
        fields = (
            "id",
            "number",
            "payment_id",
            "amount",
            "description",
            "paid_on",
            "issued_at",
            "document",
        )

    @extend_schema_field(DocumentLinkSerializer())
    def get_document(self, receipt: Receipt) -> dict[str, str]:
        """Return the link that the view has made for its reader."""
        link: dict[str, str] = self.context["link"]
        return link
