"""Reports as their author sees them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Report


class ReportInputSerializer(serializers.Serializer[Any]):
    """What is wrong, and with what."""

    subject = serializers.RegexField(
        r"^[a-z_]{1,30}:[0-9a-fA-F-]{36}\Z",
        max_length=80,
        help_text=(
            "Noun and id of what is reported: `listing:<id>`, `message:<id>`, "
            "`provider:<id>`, `review:<id>`."
        ),
    )
    reason = serializers.ChoiceField(
        choices=Report.Reason.choices, help_text="What is wrong with it."
    )
    detail = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        help_text="In one's own words; obligatory with `other`.",
    )


class ReportSerializer(serializers.ModelSerializer[Report]):
    """One's own report."""

    id = serializers.UUIDField(read_only=True, help_text="The report.")
    subject = serializers.CharField(
        read_only=True, max_length=80, help_text="Noun and id of what was reported."
    )
    reason = serializers.ChoiceField(
        choices=Report.Reason.choices, read_only=True, help_text="What is wrong."
    )
    detail = serializers.CharField(
        read_only=True, max_length=1000, help_text="May be empty."
    )
    is_closed = serializers.SerializerMethodField(
        help_text="True once the staff has decided."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it came.")

    class Meta:
        model = Report
        fields = ("id", "subject", "reason", "detail", "is_closed", "created_at")

    @extend_schema_field(serializers.BooleanField())
    def get_is_closed(self, report: Report) -> bool:
        """Say whether the staff has decided."""
        return report.closed_at is not None
