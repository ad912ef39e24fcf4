"""Identity checks as their person sees them: how it stands, never the document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import DocumentKind, IdentityCheck


class IdentityCheckInputSerializer(serializers.Serializer[Any]):
    """A document to be checked."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    document_kind = serializers.ChoiceField(
        choices=DocumentKind.choices, help_text="What it is."
    )
    upload_id = serializers.UUIDField(
        help_text="A whole upload of kind `identity`; used once."
    )


class IdentityCheckSerializer(serializers.ModelSerializer[IdentityCheck]):
    """How one's own document stands."""

    id = serializers.UUIDField(read_only=True, help_text="The check.")
    document_kind = serializers.ChoiceField(
        choices=DocumentKind.choices,
        read_only=True,
        help_text="What was sent.",
    )
    status = serializers.ChoiceField(
        choices=IdentityCheck.Status.choices,
        read_only=True,
        help_text="After `unreadable` and `refused` another document may be sent.",
    )
    reason = serializers.CharField(
        read_only=True, max_length=500, help_text="What the staff said; may be empty."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it came.")
    decided_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null while it waits."
    )

    class Meta:
        model = IdentityCheck
        fields = (
            "id",
            "document_kind",
            "status",
            "reason",
            "created_at",
            "decided_at",
        )
