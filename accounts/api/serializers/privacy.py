"""Consents, copies of one's data, and the wish to be erased."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Consent, DataExport, ErasureRequest
from accounts.models.consent_purposes import ConsentPurpose
from accounts.models.erasure_request import ERASURE_STATES
from lokahome.core.privacy.obstacles import obstacle_title


class ConsentInputSerializer(serializers.Serializer[Any]):
    """One word for one purpose."""

    purpose = serializers.ChoiceField(
        choices=ConsentPurpose.choices, help_text="What it is about."
    )
    text_version = serializers.CharField(
        max_length=20, help_text="Version of the text that was shown, e.g. 2026-11."
    )
    is_granted = serializers.BooleanField(
        help_text="True to agree, false to take it back."
    )


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """A word that was given; the newest of a purpose holds."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the row.")
    purpose = serializers.ChoiceField(
        choices=ConsentPurpose.choices, read_only=True, help_text="What it is about."
    )
    text_version = serializers.CharField(
        read_only=True, max_length=20, help_text="Version of the text that was shown."
    )
    is_granted = serializers.BooleanField(
        read_only=True, help_text="True: agreed. False: taken back."
    )
    given_by = serializers.ChoiceField(
        source="source",
        choices=Consent.Source.choices,
        read_only=True,
        help_text="By which way.",
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When.")

    class Meta:
        model = Consent
        fields = (
            "id",
            "purpose",
            "text_version",
            "is_granted",
            "given_by",
            "created_at",
        )


class ConsentTextSerializer(serializers.Serializer[Any]):
    """A purpose, the text that is put to people now, and one's own word for it."""

    purpose = serializers.ChoiceField(
        choices=ConsentPurpose.choices, help_text="What it is about."
    )
    title = serializers.CharField(max_length=80, help_text="Its name, to show.")
    text = serializers.CharField(max_length=400, help_text="What one agrees to.")
    text_version = serializers.CharField(
        max_length=20, help_text="Version of the text."
    )
    is_granted = serializers.BooleanField(
        help_text="Whether one agrees to this very version."
    )


class ConsentPurposesSerializer(serializers.Serializer[Any]):
    """Every purpose, once."""

    data = ConsentTextSerializer(  # type: ignore[assignment]  # DRF's own "data"
        many=True, help_text="All of them, in order."
    )


class DataExportSerializer(serializers.ModelSerializer[DataExport]):
    """A copy of one's data: packed within minutes, kept for seven days."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the copy.")
    status = serializers.ChoiceField(
        choices=DataExport.Status.choices, read_only=True, help_text="How it stands."
    )
    size_bytes = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Of the ZIP; null until it is ready."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When asked for.")
    expires_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When the file is deleted; null until it is ready.",
    )

    class Meta:
        model = DataExport
        fields = ("id", "status", "size_bytes", "created_at", "expires_at")


class DownloadLinkSerializer(serializers.Serializer[Any]):
    """A link that opens one's own copy, with one's own token, for five minutes."""

    url = serializers.URLField(max_length=500, help_text="GET it with the token.")
    expires_at = serializers.DateTimeField(help_text="When it opens nothing any more.")


class ObstacleSerializer(serializers.Serializer[Any]):
    """Something that has to end first."""

    code = serializers.CharField(max_length=60, help_text="e.g. lease.living.")
    title = serializers.CharField(max_length=200, help_text="The same, to show.")


class ErasureRequestSerializer(serializers.ModelSerializer[ErasureRequest]):
    """One's own wish to be erased."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the request.")
    status = serializers.ChoiceField(
        choices=ErasureRequest.Status.choices,
        read_only=True,
        help_text="requested: something stands in the way; scheduled: at `due_at`.",
    )
    obstacles = serializers.SerializerMethodField(
        help_text="What stands in the way; looked at every hour."
    )
    due_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When the account is erased; until then it can be cancelled.",
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When asked for.")
    ended_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it was answered."
    )
    reason = serializers.CharField(
        read_only=True, max_length=500, help_text="Why it was refused; else empty."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What one may do now: cancel, or nothing."
    )

    class Meta:
        model = ErasureRequest
        fields = (
            "id",
            "status",
            "obstacles",
            "due_at",
            "created_at",
            "ended_at",
            "reason",
            "allowed_actions",
        )

    @extend_schema_field(ObstacleSerializer(many=True))
    def get_obstacles(self, request: ErasureRequest) -> list[dict[str, str]]:
        """Return each obstacle with its words."""
        return [
            {"code": code, "title": obstacle_title(code)} for code in request.obstacles
        ]

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=20), max_length=1)
    )
    def get_allowed_actions(self, request: ErasureRequest) -> list[str]:
        """Return the actions of the state's table that are the person's."""
        return ERASURE_STATES.allowed_actions(str(request.status), {"person"})
