"""Maintenance tickets as the two parties of their lease see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField
from properties.api.serializers.applications import PartySerializer, ReasonSerializer
from properties.api.serializers.listings import PhotoSerializer
from properties.models import Ticket, TicketPhoto
from properties.models.tickets import TICKET_STATES
from properties.policies import may_contest_payer, roles_on_ticket
from properties.services.repair_rules import RepairRule, suggest_payer

PAYERS = [("undecided", "undecided"), *Ticket.Payer.choices]


class TicketPhotoSerializer(PhotoSerializer):
    """A photo of what is broken, in all its sizes, smallest first."""

    class Meta(PhotoSerializer.Meta):
        model = TicketPhoto  # type: ignore[assignment]  # the same shape


class PayerSuggestionSerializer(serializers.Serializer[RepairRule]):
    """Who the rules at hand say should pay: a suggestion, never a verdict."""

    payer = serializers.ChoiceField(
        choices=Ticket.Payer.choices, help_text="Who should pay."
    )
    rule_id = serializers.CharField(max_length=40, help_text="The rule that says so.")
    law = serializers.CharField(max_length=80, help_text="Its law; may be empty.")
    article = serializers.CharField(max_length=40, help_text="May be empty.")
    confidence = serializers.CharField(
        max_length=40, help_text="How sure its source is, such as `single_source`."
    )


class TicketInputSerializer(serializers.Serializer[Any]):
    """Something that is broken."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    lease_id = serializers.UUIDField(help_text="One's running lease.")
    category_slug = serializers.RegexField(
        r"^[a-z][a-z0-9_]{1,39}$",
        max_length=40,
        help_text="From `GET /service-categories`.",
    )
    title = serializers.CharField(max_length=120, help_text="In a few words.")
    description = serializers.CharField(
        max_length=2000, help_text="What happens, since when, where."
    )
    urgency = serializers.ChoiceField(
        choices=Ticket.Urgency.choices, required=False, help_text="Default `normal`."
    )


class TicketDecisionSerializer(ReasonSerializer):
    """Who pays."""

    payer = serializers.ChoiceField(
        choices=Ticket.Payer.choices, help_text="Who pays for the repair."
    )


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """A maintenance ticket and where it stands."""

    id = serializers.UUIDField(read_only=True, help_text="The ticket.")
    lease_id = serializers.UUIDField(read_only=True, help_text="Its lease.")
    unit_id = serializers.UUIDField(
        source="lease.unit_id", read_only=True, help_text="The home."
    )
    landlord = PartySerializer(help_text="The landlord.")
    tenant = PartySerializer(help_text="The tenant.")
    opened_by_id = serializers.UUIDField(read_only=True, help_text="Who told it.")
    category_slug = serializers.CharField(max_length=60, help_text="Which trade.")
    title = serializers.CharField(max_length=120, help_text="In a few words.")
    description = serializers.CharField(max_length=2000, help_text="What happens.")
    urgency = serializers.ChoiceField(
        choices=Ticket.Urgency.choices, help_text="How urgent it is."
    )
    status = serializers.ChoiceField(
        choices=Ticket.Status.choices, help_text="Its state."
    )
    payer = serializers.SerializerMethodField(help_text="Who pays for the repair.")
    payer_suggestion = serializers.SerializerMethodField(
        help_text="Who should pay by the rules at hand; null when they do not say."
    )
    decision_reason = serializers.CharField(
        max_length=500, help_text="Why that party pays; empty before."
    )
    work_ref = serializers.CharField(
        max_length=80,
        help_text="What repairs it, `service_request:<id>`; empty before.",
    )
    cost = MoneyField(
        source="cost_money",
        allow_null=True,
        help_text="What it cost; null until resolved.",
    )
    close_reason = serializers.CharField(
        max_length=500, help_text="Why it was closed without work."
    )
    photos = TicketPhotoSerializer(many=True, help_text="At most ten.")
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Ticket
        fields = (
            "id",
            "lease_id",
            "unit_id",
            "landlord",
            "tenant",
            "opened_by_id",
            "category_slug",
            "title",
            "description",
            "urgency",
            "status",
            "payer",
            "payer_suggestion",
            "decision_reason",
            "work_ref",
            "cost",
            "close_reason",
            "photos",
            "allowed_actions",
            "decided_at",
            "contested_at",
            "resolved_at",
            "created_at",
            "updated_at",
        )

    @extend_schema_field(serializers.ChoiceField(choices=PAYERS))
    def get_payer(self, row: Ticket) -> str:
        """Return who pays, or ``undecided``."""
        return row.payer or "undecided"

    @extend_schema_field(PayerSuggestionSerializer(allow_null=True))
    def get_payer_suggestion(self, row: Ticket) -> dict[str, Any] | None:
        """Return what the rules suggest."""
        rule = suggest_payer(category_slug=row.category_slug, urgency=row.urgency)
        return dict(PayerSuggestionSerializer(rule).data) if rule else None

    def get_allowed_actions(self, row: Ticket) -> list[str]:
        """Return what the reader may do, in the words of the API."""
        return ticket_actions(self.context["request"].user, row)


def ticket_actions(user: Any, row: Ticket) -> list[str]:
    """Return what *user* may do with *row*: edges with a door, and what has no edge."""
    roles = roles_on_ticket(user, row)
    actions = [
        action
        for action in TICKET_STATES.allowed_actions(row.status, roles)
        if action != "revise"
    ]
    decided = row.status == Ticket.Status.DECIDED
    if decided and row.payer == Ticket.Payer.TENANT and "landlord" in roles:
        actions.append("decide")
    if may_contest_payer(user, row):
        actions.append("contest")
    if decided and user.pk == row.payer_person_id:
        actions.append("request_service")
    if row.status in Ticket.LIVE_STATES and roles:
        actions.append("add_photo")
    return actions
