"""Identity checks as their person sees them: how it stands, never the document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import IDENTITY_STATES, DocumentKind, IdentityCheck, Purpose
from accounts.models.document_kinds import LANDLORD, PROVIDER

SHOWN_AS = {
    IdentityCheck.Status.SUSPECTED: IdentityCheck.Status.SUBMITTED,
    IdentityCheck.Status.FRAUD: IdentityCheck.Status.REFUSED,
}
"""What staff think of a document meanwhile is not told to whoever sent it."""
UNTOLD = (IdentityCheck.Status.SUSPECTED, IdentityCheck.Status.ACCEPTED)
"""States in which a first reviewer may have said what no second one has agreed to."""
SHOWN_STATES = [
    (status.value, status.label)
    for status in IdentityCheck.Status
    if status not in SHOWN_AS
]


class IdentityCheckInputSerializer(serializers.Serializer[Any]):
    """A document to be checked."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    document_kind = serializers.ChoiceField(
        choices=DocumentKind.choices, help_text="What it is."
    )
    number = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="As it stands on the document; spaces and signs do not count.",
    )
    expires_on = serializers.DateField(
        required=False, help_text="Last day of validity, for documents that have one."
    )
    role = serializers.ChoiceField(
        choices=[LANDLORD, PROVIDER],
        required=False,
        help_text="The hat it is for; absent: all that it serves.",
    )
    upload_id = serializers.UUIDField(
        help_text="A whole upload of kind `identity`, the front; used once."
    )
    back_upload_id = serializers.UUIDField(
        required=False, help_text="Another such upload, the back, where there is one."
    )


class IdentityCheckSerializer(serializers.ModelSerializer[IdentityCheck]):
    """How one's own document stands."""

    id = serializers.UUIDField(read_only=True, help_text="The check.")
    purpose = serializers.ChoiceField(
        choices=Purpose.choices, read_only=True, help_text="What it proves."
    )
    document_kind = serializers.ChoiceField(
        choices=DocumentKind.choices, read_only=True, help_text="What was sent."
    )
    role = serializers.CharField(
        read_only=True, max_length=12, help_text="The hat it is for; empty: all."
    )
    expires_on = serializers.DateField(
        read_only=True, allow_null=True, help_text="Last day of validity."
    )
    status = serializers.SerializerMethodField(
        help_text="After `unreadable`, `refused`, `withdrawn`, `expired` and `revoked`"
        " another one may be sent."
    )
    reason_code = serializers.ChoiceField(
        choices=IdentityCheck.ReasonCode.choices,
        read_only=True,
        allow_blank=True,
        help_text="Why it does not serve; empty while it does.",
    )
    reason = serializers.CharField(
        read_only=True, max_length=500, help_text="What the staff said; may be empty."
    )
    end_cause = serializers.ChoiceField(
        choices=IdentityCheck.EndCause.choices,
        read_only=True,
        allow_blank=True,
        help_text="Why it expired; empty while it has not.",
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What its person may do with it now: `withdraw`."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it came.")
    decided_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null while it waits."
    )

    class Meta:
        model = IdentityCheck
        fields = (
            "id",
            "purpose",
            "document_kind",
            "role",
            "expires_on",
            "status",
            "reason_code",
            "reason",
            "end_cause",
            "allowed_actions",
            "created_at",
            "decided_at",
        )

    def to_representation(self, check: IdentityCheck) -> Any:
        """Leave out what a first reviewer said before a second one agreed."""
        said = super().to_representation(check)
        if check.status in UNTOLD:
            said |= {"reason": "", "reason_code": ""}
        return said

    @extend_schema_field(serializers.ChoiceField(choices=SHOWN_STATES))
    def get_status(self, check: IdentityCheck) -> str:
        """Return the state that its person is told."""
        return str(SHOWN_AS.get(IdentityCheck.Status(check.status), check.status))

    @extend_schema_field(
        serializers.ListField(child=serializers.CharField(max_length=20), max_length=1)
    )
    def get_allowed_actions(self, check: IdentityCheck) -> list[str]:
        """Return what the person may do now."""
        return IDENTITY_STATES.allowed_actions(check.status, {"owner"})
