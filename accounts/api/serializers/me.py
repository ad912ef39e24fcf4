"""One's own account."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers.roles import RoleSerializer
from accounts.models import Phone, User


class PhoneSerializer(serializers.ModelSerializer[Phone]):
    """A number of one's own, past ones included."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the row.")
    number = serializers.CharField(
        read_only=True, max_length=16, help_text="E.164, e.g. +2290197000000."
    )
    is_current = serializers.SerializerMethodField(
        help_text="False once the number was released."
    )
    verified_at = serializers.DateTimeField(
        read_only=True, help_text="When a code was last answered from it."
    )

    class Meta:
        model = Phone
        fields = ("id", "number", "is_current", "verified_at")

    @extend_schema_field(serializers.BooleanField())
    def get_is_current(self, phone: Phone) -> bool:
        """Say whether the number is still the person's."""
        return phone.released_at is None


class MeSerializer(serializers.ModelSerializer[User]):
    """One's own account as the app shows it."""

    id = serializers.UUIDField(read_only=True, help_text="The person.")
    username = serializers.CharField(
        read_only=True, max_length=64, help_text="Handle; the id unless one was chosen."
    )
    full_name = serializers.CharField(
        read_only=True, max_length=120, help_text="May be empty."
    )
    language = serializers.ChoiceField(
        choices=User.Language.choices, read_only=True, help_text="Of messages and PDFs."
    )
    phone = serializers.CharField(
        read_only=True,
        allow_null=True,
        max_length=16,
        help_text="Current number in E.164, null when there is none.",
    )
    roles = RoleSerializer(many=True, read_only=True, help_text="The person's hats.")
    created_at = serializers.DateTimeField(read_only=True, help_text="Member since.")

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "full_name",
            "language",
            "phone",
            "roles",
            "created_at",
        )


class UpdateMeSerializer(serializers.Serializer[Any]):
    """What one may change about oneself; absent members stay."""

    full_name = serializers.CharField(
        required=False, max_length=120, allow_blank=True, help_text="As in papers."
    )
    language = serializers.ChoiceField(
        required=False, choices=User.Language.choices, help_text="`fr` or `en`."
    )
