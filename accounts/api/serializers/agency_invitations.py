"""Invitations into agencies, as those who send and those who get them see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import AgencyInvitation, AgencyRole
from lokahome.core.api.fields import PhoneField


class InvitationInputSerializer(serializers.Serializer[Any]):
    """A number asked to join."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    phone = PhoneField(help_text="Whom to invite; told to nobody afterwards.")
    role = serializers.ChoiceField(
        choices=AgencyRole.choices,
        help_text="A manager gives roles below `manager` only.",
    )


class InvitationSerializer(serializers.ModelSerializer[AgencyInvitation]):
    """An invitation as the agency sees it."""

    id = serializers.UUIDField(read_only=True, help_text="The invitation.")
    phone_masked = serializers.CharField(
        read_only=True,
        max_length=16,
        help_text="The number, all but two digits hidden.",
    )
    role = serializers.ChoiceField(
        choices=AgencyRole.choices,
        read_only=True,
        help_text="The role that is offered.",
    )
    status = serializers.ChoiceField(
        choices=AgencyInvitation.Status.choices,
        read_only=True,
        help_text="Only an `open` one may be answered.",
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="Seven days after it was sent."
    )
    created_at = serializers.DateTimeField(
        read_only=True, help_text="When it was sent."
    )

    class Meta:
        model = AgencyInvitation
        fields = ("id", "phone_masked", "role", "status", "expires_at", "created_at")


class MyInvitationSerializer(serializers.ModelSerializer[AgencyInvitation]):
    """An invitation as whoever it was sent to sees it."""

    id = serializers.UUIDField(read_only=True, help_text="The invitation.")
    agency_name = serializers.CharField(
        source="agency.name", read_only=True, max_length=120, help_text="Who invites."
    )
    role = serializers.ChoiceField(
        choices=AgencyRole.choices,
        read_only=True,
        help_text="The role that is offered.",
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="Until when it may be answered."
    )

    class Meta:
        model = AgencyInvitation
        fields = ("id", "agency_name", "role", "expires_at")
