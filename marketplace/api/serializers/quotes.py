"""Quotes, between the requester and the provider who wrote them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField
from marketplace.api.serializers.providers import ProviderNameSerializer
from marketplace.models import Quote, QuoteLine
from marketplace.models.quotes import MOST_TOTAL, QUOTE_STATES
from marketplace.policies import roles_on_quote
from marketplace.services.quotes import MOST_LINES, VALID_DAYS, Line

LEAST_DAYS, MOST_DAYS = VALID_DAYS
IN_THE_APIS_WORDS = {"supersede": "revise"}


class QuoteLineInputSerializer(serializers.Serializer[Any]):
    """One line: what for, and how much."""

    kind = serializers.ChoiceField(
        choices=QuoteLine.Kind.choices, help_text="What it pays for."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=120, help_text="In words."
    )
    amount = MoneyField(minimum=1, maximum=MOST_TOTAL, help_text="How much.")

    def to_internal_value(self, data: Any) -> Line:
        """Return the line."""
        values = super().to_internal_value(data)
        return Line(values["kind"], values["label"], values["amount"].amount)


class QuoteInputSerializer(serializers.Serializer[Any]):
    """A price, line by line; the total is their sum."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    lines = serializers.ListField(
        child=QuoteLineInputSerializer(),
        min_length=1,
        max_length=MOST_LINES,
        help_text="What the price is made of.",
    )
    valid_days = serializers.IntegerField(
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        required=False,
        help_text="How long it holds; default 7.",
    )
    note = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="To the requester."
    )
    starts_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="The appointment it offers."
    )


class DeclineSerializer(serializers.Serializer[Any]):
    """Why a quote is declined."""

    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="May be left out."
    )


class QuoteLineSerializer(serializers.ModelSerializer[QuoteLine]):
    """One line of a quote."""

    kind = serializers.ChoiceField(
        choices=QuoteLine.Kind.choices, help_text="What it pays for."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=120, help_text="In words."
    )
    amount = serializers.SerializerMethodField(help_text="How much.")

    class Meta:
        model = QuoteLine
        fields = ("kind", "label", "amount")

    @extend_schema_field(MoneyField())
    def get_amount(self, line: QuoteLine) -> dict[str, Any]:
        """Return the amount in the quote's currency, which is one for all."""
        return {"amount": line.amount, "currency": "XOF"}


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    """A quote and where it stands."""

    id = serializers.UUIDField(read_only=True, help_text="The quote.")
    request_id = serializers.UUIDField(read_only=True, help_text="What it is for.")
    provider = ProviderNameSerializer(
        source="provider.provider_profile", help_text="Who offers it."
    )
    revision = serializers.IntegerField(
        min_value=1, max_value=20, help_text="Counts this provider's prices for it."
    )
    lines = QuoteLineSerializer(many=True, help_text="What the price is made of.")
    total = MoneyField(source="money", help_text="Sum of the lines.")
    note = serializers.CharField(max_length=1000, help_text="To the requester.")
    starts_at = serializers.DateTimeField(
        allow_null=True, help_text="The appointment it offers; may be null."
    )
    status = serializers.ChoiceField(
        choices=Quote.Status.choices, help_text="Its state."
    )
    job_id = serializers.SerializerMethodField(
        help_text="The job, once accepted; null before."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Quote
        fields = (
            "id",
            "request_id",
            "provider",
            "revision",
            "lines",
            "total",
            "note",
            "starts_at",
            "status",
            "job_id",
            "allowed_actions",
            "expires_at",
            "decided_at",
            "created_at",
        )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_job_id(self, row: Quote) -> str | None:
        """Return the job's id."""
        job = getattr(row, "job", None)
        return str(job.pk) if job else None

    def get_allowed_actions(self, row: Quote) -> list[str]:
        """Return what the reader may do, in the words of the API."""
        roles = roles_on_quote(self.context["request"].user, row)
        actions = QUOTE_STATES.allowed_actions(row.status, roles)
        return [IN_THE_APIS_WORDS.get(action, action) for action in actions]
