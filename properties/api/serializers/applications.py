"""Applications as their two parties see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from properties.models import Application
from properties.models.applications import APPLICATION_STATES
from properties.policies import roles_on_application


class PartySerializer(serializers.Serializer[Any]):
    """One party, named to the other."""

    id = serializers.UUIDField(source="pk", help_text="The person.")
    full_name = serializers.CharField(max_length=120, help_text="May be empty.")


class ApplicationInputSerializer(serializers.Serializer[Any]):
    """A request for a home."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    listing_id = serializers.UUIDField(help_text="A published listing.")
    move_in_on = serializers.DateField(help_text="First day of the lease, if accepted.")
    message = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="To the landlord."
    )
    occupants = serializers.IntegerField(
        min_value=1, max_value=30, required=False, help_text="Who will live there."
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is refused."""

    reason = serializers.CharField(max_length=500, help_text="Told to the other party.")


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    """An application."""

    id = serializers.UUIDField(read_only=True, help_text="The application.")
    listing_id = serializers.UUIDField(read_only=True, help_text="What it is for.")
    listing_title = serializers.CharField(
        source="listing.title", max_length=160, help_text="Its title."
    )
    status = serializers.ChoiceField(
        choices=Application.Status.choices, help_text="Its state."
    )
    tenant = PartySerializer(help_text="Who asks.")
    landlord = PartySerializer(help_text="Who answers.")
    message = serializers.CharField(max_length=1000, help_text="To the landlord.")
    occupants = serializers.IntegerField(
        min_value=1, max_value=30, help_text="Who will live there."
    )
    decision_reason = serializers.CharField(max_length=500, help_text="Why declined.")
    property_id = serializers.SerializerMethodField(
        help_text="Where the exact address is read, once accepted; null before."
    )
    lease_id = serializers.SerializerMethodField(
        help_text="The lease, once accepted; null before."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Application
        fields = (
            "id",
            "listing_id",
            "listing_title",
            "status",
            "tenant",
            "landlord",
            "message",
            "move_in_on",
            "occupants",
            "decision_reason",
            "property_id",
            "lease_id",
            "allowed_actions",
            "sent_at",
            "decided_at",
            "created_at",
        )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_property_id(self, row: Application) -> str | None:
        """Return the property to the accepted applicant, the owner and the agency."""
        user = self.context["request"].user
        opened = row.status in Application.ACCEPTED_STATES
        # In a context, only an agency that visits the home sees the application.
        near = user.context is not None or row.landlord_id == user.pk
        return str(row.unit.property_id) if opened or near else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_lease_id(self, row: Application) -> str | None:
        """Return the lease's id."""
        lease = getattr(row, "lease", None)
        return str(lease.pk) if lease else None

    def get_allowed_actions(self, row: Application) -> list[str]:
        """Return what the reader may do."""
        roles = roles_on_application(self.context["request"].user, row)
        return APPLICATION_STATES.allowed_actions(row.status, roles)
