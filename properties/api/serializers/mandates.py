"""Mandates, as the landlord and the one agency see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from properties.models import Mandate
from properties.models.mandates import MANDATE_STATES
from properties.policies import may_handle, roles_on_mandate


class MandateInputSerializer(serializers.Serializer[Any]):
    """A unit offered to an agency."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    unit_id = serializers.UUIDField(help_text="The landlord's unit.")
    agency_id = serializers.UUIDField(help_text="An active agency gives its id itself.")
    fee_bps = serializers.IntegerField(
        min_value=0,
        max_value=10_000,
        help_text="Hundredths of a per cent of each rent; the law permits 1000 (10 %).",
    )
    includes_listing = serializers.BooleanField(
        required=False,
        help_text="Whether the agency may take the listing over; one mandate of a unit.",
    )
    upload_id = serializers.UUIDField(
        help_text="The signed paper: a whole upload of kind `mandate`, used once."
    )
    starts_on = serializers.DateField(help_text="First day.")
    expires_on = serializers.DateField(help_text="Last day, two years on at most.")


class MandatePatchSerializer(serializers.Serializer[Any]):
    """What the landlord may change of a live mandate."""

    includes_listing = serializers.BooleanField(
        help_text="`false` takes the listing back at once."
    )


class EndReasonSerializer(serializers.Serializer[Any]):
    """Why a mandate ends."""

    reason = serializers.CharField(max_length=500, help_text="Told to the other party.")


class MandateSerializer(serializers.ModelSerializer[Mandate]):
    """A mandate."""

    id = serializers.UUIDField(read_only=True, help_text="The mandate.")
    unit_id = serializers.UUIDField(read_only=True, help_text="What is entrusted.")
    unit_label = serializers.CharField(
        source="unit.label", read_only=True, max_length=80, help_text="Its name."
    )
    listing_id = serializers.UUIDField(
        read_only=True,
        allow_null=True,
        help_text="The open listing that the mandate includes; null for none.",
    )
    agency_id = serializers.UUIDField(read_only=True, help_text="To whom.")
    agency_name = serializers.CharField(
        source="agency.name", read_only=True, max_length=120, help_text="Its name."
    )
    landlord_name = serializers.CharField(
        source="landlord.full_name",
        read_only=True,
        max_length=120,
        help_text="Whose unit it is; may be empty.",
    )
    fee_bps = serializers.IntegerField(
        read_only=True,
        min_value=0,
        max_value=1000,
        help_text="Hundredths of a per cent of each rent.",
    )
    includes_listing = serializers.BooleanField(
        read_only=True, help_text="Whether the agency may take the listing over."
    )
    starts_on = serializers.DateField(read_only=True, help_text="First day.")
    expires_on = serializers.DateField(read_only=True, help_text="Last day.")
    status = serializers.ChoiceField(
        choices=Mandate.Status.choices, read_only=True, help_text="Its state."
    )
    end_reason = serializers.CharField(
        read_only=True, max_length=500, help_text="Why it ended; may be empty."
    )
    accepted_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null until the agency accepts."
    )
    ended_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null while it lives."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When proposed.")

    class Meta:
        model = Mandate
        fields = (
            "id",
            "unit_id",
            "unit_label",
            "listing_id",
            "agency_id",
            "agency_name",
            "landlord_name",
            "fee_bps",
            "includes_listing",
            "starts_on",
            "expires_on",
            "status",
            "end_reason",
            "accepted_at",
            "ended_at",
            "allowed_actions",
            "created_at",
        )

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=20))
    )
    def get_allowed_actions(self, row: Mandate) -> list[str]:
        """Return the steps of the reader's side, and what else it may do."""
        user = self.context["request"].user
        roles = roles_on_mandate(user, row)
        found = MANDATE_STATES.allowed_actions(row.status, roles)
        if "landlord" in roles and row.status in Mandate.LIVE_STATES:
            found.append("entrust_listing")
        if (
            user.context is not None
            and row.status == Mandate.Status.ACTIVE
            and row.includes_listing
            and may_handle(agency_role=user.context.role)
        ):
            found.append("handle_listing")
        return found
