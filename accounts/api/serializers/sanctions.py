"""Sanctions and appeals as the person concerned sees them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Appeal, Sanction
from accounts.services.moderation.appeals import is_appealable
from lokahome.core import clock


class SanctionSerializer(serializers.ModelSerializer[Sanction]):
    """A sanction of one's own: what, why, until when."""

    id = serializers.UUIDField(read_only=True, help_text="The sanction.")
    kind = serializers.ChoiceField(
        choices=Sanction.Kind.choices, read_only=True, help_text="What it is."
    )
    reason = serializers.ChoiceField(
        choices=Sanction.Reason.choices, read_only=True, help_text="What it is for."
    )
    notice = serializers.CharField(
        read_only=True, max_length=500, help_text="The staff's own words."
    )
    status = serializers.ChoiceField(
        choices=Sanction.Status.choices, read_only=True, help_text="Whether it counts."
    )
    starts_at = serializers.DateTimeField(read_only=True, help_text="Since when.")
    ends_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Until when; null for no end."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="`appeal` while it can be appealed."
    )

    class Meta:
        model = Sanction
        fields = (
            "id",
            "kind",
            "reason",
            "notice",
            "status",
            "starts_at",
            "ends_at",
            "allowed_actions",
        )

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=40), max_length=5)
    )
    def get_allowed_actions(self, sanction: Any) -> list[str]:
        """Return what its person can do about it now."""
        return ["appeal"] if is_appealable(sanction, now=clock.now()) else []


class AppealInputSerializer(serializers.Serializer[Any]):
    """What is appealed against, and why: an id, what was hidden, or the token alone."""

    sanction_id = serializers.UUIDField(
        required=False, help_text="A sanction of one's own."
    )
    case_id = serializers.UUIDField(
        required=False, help_text="A decided case about what one wrote."
    )
    subject = serializers.RegexField(
        r"^[a-z_]{1,30}:[0-9a-f-]{36}\Z",
        required=False,
        max_length=80,
        help_text="Or what was hidden: `listing:<id>`, `review:<id>`, `message:<id>`.",
    )
    appeal_token = serializers.CharField(
        required=False,
        max_length=300,
        help_text="As the refused sign-in gave it, instead of an access token.",
    )
    words = serializers.CharField(
        max_length=1000, help_text="Why the decision is wrong, in one's own words."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let one decision be named, and one only."""
        ways = {"sanction_id", "case_id", "subject", "appeal_token"}
        if len(ways & set(attrs)) != 1:
            raise serializers.ValidationError(
                _("Nommez une décision, et une seule."), code="one_decision"
            )
        return attrs


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    """An appeal of one's own."""

    id = serializers.UUIDField(read_only=True, help_text="The appeal.")
    sanction_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The sanction, or null."
    )
    case_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The case, or null."
    )
    words = serializers.CharField(
        read_only=True, max_length=1000, help_text="What one wrote."
    )
    status = serializers.ChoiceField(
        choices=Appeal.Status.choices, read_only=True, help_text="What became of it."
    )
    answer = serializers.CharField(
        read_only=True, max_length=500, help_text="The staff's answer; may be empty."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it came.")
    decided_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it was answered."
    )

    class Meta:
        model = Appeal
        fields = (
            "id",
            "sanction_id",
            "case_id",
            "words",
            "status",
            "answer",
            "created_at",
            "decided_at",
        )
