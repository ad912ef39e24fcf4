"""One's own e-mail addresses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Email


class EmailInputSerializer(serializers.Serializer[Any]):
    """An address to prove."""

    address = serializers.EmailField(
        max_length=254, help_text="A code is sent to it. Kept in lower case."
    )


class EmailCodeSerializer(serializers.Serializer[Any]):
    """The code that was received."""

    code = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, help_text="Six digits, e.g. 042917."
    )


class EmailSerializer(serializers.ModelSerializer[Email]):
    """An address of one's own, claims and past ones included."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the row.")
    address = serializers.CharField(
        read_only=True, max_length=254, help_text="e.g. ama@example.org."
    )
    is_current = serializers.SerializerMethodField(
        help_text="True for the address that messages go to."
    )
    verified_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When its code was answered; null until then.",
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="Until when the code can be answered."
    )

    class Meta:
        model = Email
        fields = ("id", "address", "is_current", "verified_at", "expires_at")

    @extend_schema_field(serializers.BooleanField())
    def get_is_current(self, email: Email) -> bool:
        """Say whether it is proved and in use."""
        return email.verified_at is not None and email.released_at is None
