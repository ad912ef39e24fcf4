"""Money that goes out, as the app of its receiver shows it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField
from lokahome.core.phones import mask_phone
from payments.models import TRANSFER_STATES, Payout, Refund, Transfer, TransferStatus


class TransferFailureSerializer(serializers.Serializer[Any]):
    """Why nothing arrived."""

    code = serializers.ChoiceField(
        choices=Transfer.FailureCode.values, help_text="Stable code."
    )
    detail = serializers.CharField(
        max_length=200, help_text="In the reader's language."
    )


class _TransferSerializer(serializers.ModelSerializer[Any]):
    """What payouts and refunds have in common."""

    id = serializers.UUIDField(read_only=True, help_text="The transfer.")
    reference = serializers.CharField(
        read_only=True, max_length=32, help_text="To be quoted to support."
    )
    subject = serializers.CharField(
        read_only=True, max_length=80, help_text="What it is about, `job:<id>`."
    )
    amount = MoneyField(source="money", read_only=True, help_text="What arrives.")
    operator = serializers.ChoiceField(
        choices=Transfer.Operator.values, read_only=True, help_text="Whose wallet."
    )
    phone = serializers.SerializerMethodField(help_text="The wallet's number, masked.")
    status = serializers.ChoiceField(
        choices=TransferStatus.choices, read_only=True, help_text="Where it stands."
    )
    failure = serializers.SerializerMethodField(
        help_text="Why nothing arrived; null unless `status` is `failed`."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What the reader may do with it now."
    )
    created_at = serializers.DateTimeField(
        source="proposed_at", read_only=True, help_text="When proposed."
    )
    approved_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When a second person agreed."
    )
    sent_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it arrived."
    )

    @extend_schema_field(serializers.CharField(max_length=16))
    def get_phone(self, transfer: Transfer) -> str:
        """Return the number, masked: staff read this too."""
        return mask_phone(transfer.phone)

    @extend_schema_field(TransferFailureSerializer(allow_null=True))
    def get_failure(self, transfer: Transfer) -> dict[str, str] | None:
        """Return the reason of a failed transfer."""
        if transfer.status != TransferStatus.FAILED:
            return None
        return {
            "code": transfer.failure_code,
            "detail": str(transfer.get_failure_code_display()),
        }

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=40), max_length=10)
    )
    def get_allowed_actions(self, transfer: Transfer) -> list[str]:
        """Return the receiver's actions: none, staff decide in the back-office."""
        return TRANSFER_STATES.allowed_actions(transfer.status, ("receiver",))


_FIELDS = (
    "amount",
    "operator",
    "phone",
    "status",
    "failure",
    "allowed_actions",
    "created_at",
    "approved_at",
    "sent_at",
)


class PayoutSerializer(_TransferSerializer):
    """Money on its way to the person to whom it is owed."""

    payee_id = serializers.UUIDField(
        source="party_id", read_only=True, help_text="Who is paid."
    )

    class Meta:
        model = Payout
        fields = ("id", "reference", "subject", "payee_id", *_FIELDS)


class RefundSerializer(_TransferSerializer):
    """Money on its way back to the wallet that it was taken from."""

    payment_id = serializers.UUIDField(
        source="charge_id", read_only=True, help_text="The payment that it gives back."
    )
    payer_id = serializers.UUIDField(
        source="party_id", read_only=True, help_text="Who gets it back."
    )

    class Meta:
        model = Refund
        fields = ("id", "reference", "subject", "payment_id", "payer_id", *_FIELDS)
