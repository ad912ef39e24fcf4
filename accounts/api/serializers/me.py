"""One's own account."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers.roles import RoleSerializer
from accounts.models import User


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
