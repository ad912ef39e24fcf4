"""One's own numbers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CodeRequest, Phone
from lokahome.core.api.fields import PhoneField


class PhoneInputSerializer(serializers.Serializer[Any]):
    """A number to add."""

    number = PhoneField(help_text="Any usual writing, e.g. 01 97 00 00 00.")


class PhoneClaimSerializer(serializers.ModelSerializer[CodeRequest]):
    """A code is on its way to the number; the same answer whoever holds it."""

    id = serializers.UUIDField(read_only=True, help_text="For the verification.")
    number = serializers.CharField(
        source="phone", read_only=True, max_length=16, help_text="In E.164."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask again."
    )

    class Meta:
        model = CodeRequest
        fields = ("id", "number", "expires_at")


class PhoneCodeSerializer(serializers.Serializer[Any]):
    """The code that was received."""

    code = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, help_text="Six digits, e.g. 042917."
    )


class PhoneSerializer(serializers.ModelSerializer[Phone]):
    """A number of one's own, past ones included."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the row.")
    number = serializers.CharField(
        read_only=True, max_length=16, help_text="E.164, e.g. +2290197000000."
    )
    is_current = serializers.SerializerMethodField(
        help_text="False once the number was released."
    )
    is_lost = serializers.SerializerMethodField(
        help_text="True while its SIM is reported lost: only codes are sent there."
    )
    verified_at = serializers.DateTimeField(
        read_only=True, help_text="When a code was last answered from it."
    )
    held_since = serializers.DateTimeField(
        read_only=True,
        help_text="In 48 hours from here it is called, paid at, and proves.",
    )

    class Meta:
        model = Phone
        fields = (
            "id",
            "number",
            "is_current",
            "is_lost",
            "verified_at",
            "held_since",
        )

    @extend_schema_field(serializers.BooleanField())
    def get_is_current(self, phone: Phone) -> bool:
        """Say whether the number is still the person's."""
        return phone.released_at is None

    @extend_schema_field(serializers.BooleanField())
    def get_is_lost(self, phone: Phone) -> bool:
        """Say whether its SIM is reported lost."""
        return phone.released_at is None and phone.lost_at is not None
