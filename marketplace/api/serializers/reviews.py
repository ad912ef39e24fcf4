"""Reviews, as everybody may read them once they are revealed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.admin.masked import masked_name
from marketplace.models import Review


class ReviewInputSerializer(serializers.Serializer[Any]):
    """What one thinks of the other party of a closed job."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    job_id = serializers.UUIDField(help_text="A closed job of one's own.")
    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="1 to 5.")
    text = serializers.CharField(
        max_length=1000,
        required=False,
        default="",
        allow_blank=True,
        help_text="In words.",
    )


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A review; only its author reads it before it is revealed."""

    id = serializers.UUIDField(read_only=True, help_text="The review.")
    job_id = serializers.UUIDField(read_only=True, help_text="Of which job.")
    about_id = serializers.UUIDField(read_only=True, help_text="Of whom.")
    author_role = serializers.ChoiceField(
        choices=Review.Role.choices, help_text="What the author was in the job."
    )
    author_initials = serializers.SerializerMethodField(help_text="Such as `A. D.`")
    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="1 to 5.")
    text = serializers.CharField(max_length=1000, help_text="In words; may be empty.")
    is_revealed = serializers.SerializerMethodField(
        help_text="Whether everybody may read it."
    )

    class Meta:
        model = Review
        fields = (
            "id",
            "job_id",
            "about_id",
            "author_role",
            "author_initials",
            "rating",
            "text",
            "is_revealed",
            "revealed_at",
            "created_at",
        )

    @extend_schema_field(serializers.CharField(max_length=40))
    def get_author_initials(self, row: Review) -> str:
        """Return the initials: a review is public, a name is not."""
        return masked_name(row.author.full_name)

    def get_is_revealed(self, row: Review) -> bool:
        """Return whether everybody may read it."""
        return row.revealed_at is not None and row.withheld_at is None
