"""A payment as the app shows it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core import clock
from lokahome.core.api.fields import MoneyField
from lokahome.core.money import Money
from lokahome.core.phones import mask_phone
from payments.models import CHARGE_STATES, Charge, ChargeStatus
from payments.policies import (
    BEING_CHECKED,
    NOT_CHARGED,
    PAID,
    PAYMENT_STATUSES,
    payer_message,
    payment_status,
    poll_after_seconds,
)
from payments.queries import refunded_of


class PaymentFailureSerializer(serializers.Serializer[Any]):
    """Why nothing was taken."""

    code = serializers.ChoiceField(
        choices=Charge.FailureCode.values, help_text="Stable code."
    )
    detail = serializers.CharField(
        max_length=200, help_text="In the reader's language."
    )


class PaymentSerializer(serializers.ModelSerializer[Charge]):
    """One request to take money, and what became of it."""

    id = serializers.UUIDField(read_only=True, help_text="The payment.")
    reference = serializers.CharField(
        read_only=True, max_length=32, help_text="To be quoted to support."
    )
    subject = serializers.CharField(
        read_only=True, max_length=80, help_text="What it pays for, `lease:<id>`."
    )
    payer_id = serializers.UUIDField(read_only=True, help_text="Who pays.")
    payee_id = serializers.UUIDField(read_only=True, help_text="Who is paid.")
    amount = MoneyField(source="money", read_only=True, help_text="What is asked.")
    operator = serializers.ChoiceField(
        choices=Charge.Operator.values, read_only=True, help_text="Whose wallet."
    )
    phone = serializers.SerializerMethodField(help_text="The wallet's number, masked.")
    description = serializers.CharField(
        read_only=True, max_length=120, help_text="What the payer reads."
    )
    status = serializers.SerializerMethodField(help_text="Where it stands.")
    next_action = serializers.ChoiceField(
        choices=Charge.NextAction.values,
        read_only=True,
        help_text="What is awaited of the payer.",
    )
    page_url = serializers.CharField(
        read_only=True,
        max_length=500,
        help_text="The page to open when `next_action` is `redirect`, else empty.",
    )
    payer_message = serializers.SerializerMethodField(
        help_text="The one thing to tell the payer."
    )
    poll_after_seconds = serializers.SerializerMethodField(
        help_text="When to look again; 0 when it is over."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="Until when the payer may be prompted."
    )
    captured_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the money was taken."
    )
    refunded = serializers.SerializerMethodField(
        help_text="What went back to the payer."
    )
    failure = serializers.SerializerMethodField(
        help_text="Why nothing was taken; null unless `status` is `failed`."
    )
    receipt_id = serializers.SerializerMethodField(
        help_text="Its receipt, once drawn; null before."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What the reader may do with it now."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When asked.")

    class Meta:
        model = Charge
        fields = (
            "id",
            "reference",
            "subject",
            "payer_id",
            "payee_id",
            "amount",
            "operator",
            "phone",
            "description",
            "status",
            "next_action",
            "page_url",
            "payer_message",
            "poll_after_seconds",
            "expires_at",
            "captured_at",
            "refunded",
            "failure",
            "receipt_id",
            "allowed_actions",
            "created_at",
        )

    @extend_schema_field(serializers.CharField(max_length=16))
    def get_phone(self, charge: Charge) -> str:
        """Return the number, masked: the payee reads this too."""
        return mask_phone(charge.payer_phone)

    @extend_schema_field(serializers.ChoiceField(choices=PAYMENT_STATUSES))
    def get_status(self, charge: Charge) -> str:
        """Return the charge's state, or that its money went back."""
        return payment_status(charge, refunded_of(charge).amount)

    @extend_schema_field(MoneyField())
    def get_refunded(self, charge: Charge) -> dict[str, Any]:
        """Return the sum of the refunds that arrived."""
        returned: Money = refunded_of(charge)
        return {"amount": returned.amount, "currency": returned.currency}

    @extend_schema_field(
        serializers.ChoiceField(choices=[PAID, NOT_CHARGED, BEING_CHECKED])
    )
    def get_payer_message(self, charge: Charge) -> str:
        """Return paid, not_charged or being_checked."""
        return payer_message(charge.status)

    @extend_schema_field(serializers.IntegerField(min_value=0, max_value=3600))
    def get_poll_after_seconds(self, charge: Charge) -> int:
        """Return when to look again."""
        return poll_after_seconds(charge, now=clock.now())

    @extend_schema_field(PaymentFailureSerializer(allow_null=True))
    def get_failure(self, charge: Charge) -> dict[str, str] | None:
        """Return the reason of a failed payment."""
        if charge.status != ChargeStatus.FAILED:
            return None
        return {
            "code": charge.failure_code,
            "detail": str(charge.get_failure_code_display()),
        }

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_receipt_id(self, charge: Charge) -> str | None:
        """Return the receipt's id."""
        receipt = getattr(charge, "receipt", None)
        return str(receipt.pk) if receipt is not None else None

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=40), max_length=10)
    )
    def get_allowed_actions(self, charge: Charge) -> list[str]:
        """Return the reader's actions: none yet, the gateway and staff act."""
        return CHARGE_STATES.allowed_actions(charge.status, ("payer",))
