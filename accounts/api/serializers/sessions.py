"""One's own sessions and devices."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Device, Session


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A phone or browser on which the person signed in; its key is never shown."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the device.")
    name = serializers.CharField(
        read_only=True, max_length=80, help_text="As the app calls it; may be empty."
    )
    first_seen_at = serializers.DateTimeField(
        read_only=True, help_text="First sign-in on it."
    )
    last_seen_at = serializers.DateTimeField(
        read_only=True, help_text="Last sign-in or renewal on it."
    )
    is_known = serializers.SerializerMethodField(
        help_text="False once it was forgotten: a code alone may not sign in on it."
    )

    class Meta:
        model = Device
        fields = ("id", "name", "first_seen_at", "last_seen_at", "is_known")

    @extend_schema_field(serializers.BooleanField())
    def get_is_known(self, device: Device) -> bool:
        """Say whether a sign-in on it gave all the proof that was asked."""
        return device.trusted_at is not None


class OwnSessionSerializer(serializers.ModelSerializer[Session]):
    """A session of one's own that goes on."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the session.")
    method = serializers.ChoiceField(
        choices=Session.Method.choices, read_only=True, help_text="How it was opened."
    )
    device = DeviceSerializer(
        read_only=True,
        allow_null=True,
        help_text="Where; null when the app did not say.",
    )
    started_at = serializers.DateTimeField(read_only=True, help_text="Since when.")
    last_used_at = serializers.DateTimeField(
        read_only=True, help_text="Last request, to five minutes."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="End, unless it is used before."
    )
    is_current = serializers.SerializerMethodField(
        help_text="True for the session that asks."
    )

    class Meta:
        model = Session
        fields = (
            "id",
            "method",
            "device",
            "started_at",
            "last_used_at",
            "expires_at",
            "is_current",
        )

    @extend_schema_field(serializers.BooleanField())
    def get_is_current(self, session: Session) -> bool:
        """Say whether this very session asks."""
        asking: Any = self.context["request"].auth
        return bool(session.pk == asking.pk)


class EndedSessionsSerializer(serializers.Serializer[Any]):
    """How many sessions were ended."""

    ended = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Sessions that went on until now."
    )
