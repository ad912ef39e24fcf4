"""Conversations and messages. Their shape is the socket's too (`messaging.queries`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.api.filters import MAX_SEQ
from messaging.models import MAX_BODY
from messaging.queries.conversations import (
    conversation_as_json,
    cursors_as_json,
    message_as_json,
)

SUBJECT_SCHEMA = {
    "type": "string",
    "maxLength": 80,
    "description": "What it is about: `listing:<id>`, `application:<id>`, "
    "`lease:<id>` or `job:<id>`.",
    "example": "listing:01930c5e-7a3b-7c3e-9d2a-3f0b6f0c8a11",
}


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_BODY,
        "description": "Plain text, without control characters.",
        "example": "Bonjour, la chambre est-elle encore libre ?",
    }
)
class BodyField(serializers.CharField):
    """A message's text, as it came: the service cleans it for both doors alike."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the text; a number or an object is none."""
        if not isinstance(data, str):
            raise serializers.ValidationError(
                _("Un texte est attendu."), code="invalid"
            )
        return super().to_internal_value(data)


@extend_schema_field(SUBJECT_SCHEMA)
class SubjectField(serializers.CharField):
    """``noun:<uuid>``."""


class SeqField(serializers.IntegerField):
    """A number of a message within its conversation; 0 is before the first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_SEQ, **kwargs)


class ConversationInputSerializer(serializers.Serializer[Any]):
    """A wish to talk."""

    subject = SubjectField(max_length=80, help_text="What to talk about.")


class MessageInputSerializer(serializers.Serializer[Any]):
    """A message to write."""

    client_id = serializers.UUIDField(
        help_text="Made by the client, the same for every retry; unique for ever."
    )
    body = BodyField()


class MessageSerializer(serializers.Serializer[Any]):
    """A message."""

    id = serializers.UUIDField(help_text="The message.")
    conversation_id = serializers.UUIDField(help_text="Where it was written.")
    seq = serializers.IntegerField(
        min_value=1, max_value=MAX_SEQ, help_text="Its place: 1, 2, 3 without a gap."
    )
    client_id = serializers.UUIDField(help_text="The id that its sender gave it.")
    sender_id = serializers.UUIDField(
        allow_null=True, help_text="Who wrote it; null for the platform."
    )
    body = serializers.CharField(
        max_length=MAX_BODY, allow_blank=True, help_text="Empty when it is hidden."
    )
    is_hidden = serializers.BooleanField(help_text="Whether staff hid it.")
    sent_at = serializers.DateTimeField(help_text="When it was kept.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the message as the socket shows it."""
        return message_as_json(instance)


class MutingInputSerializer(serializers.Serializer[Any]):
    """Whether one wants alerts."""

    is_muted = serializers.BooleanField(help_text="True for no alert any more.")


class CursorInputSerializer(serializers.Serializer[Any]):
    """How far one's device has come. What is behind already moves nothing."""

    delivered_seq = SeqField(required=False, default=0, help_text="Received up to.")
    read_seq = SeqField(required=False, default=0, help_text="Read up to.")


class CursorSerializer(serializers.Serializer[Any]):
    """How far one participant has come."""

    person_id = serializers.UUIDField(help_text="The participant.")
    delivered_seq = SeqField(help_text="Received up to this message.")
    read_seq = SeqField(help_text="Read up to this message.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the cursors as the socket shows them."""
        return cursors_as_json([instance])[0]


class ParticipantSerializer(serializers.Serializer[Any]):
    """One who takes part."""

    person_id = serializers.UUIDField(help_text="The person.")
    full_name = serializers.CharField(
        max_length=120, allow_blank=True, help_text="May be empty."
    )
    delivered_seq = SeqField(help_text="Received up to this message.")
    read_seq = SeqField(help_text="Read up to this message.")


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation as one of its participants sees it."""

    id = serializers.UUIDField(help_text="The conversation.")
    subject = SubjectField(max_length=80, help_text="What it is about.")
    participants = ParticipantSerializer(
        many=True, help_text="Everybody in it, oneself too."
    )
    last_seq = SeqField(help_text="Number of the last message; 0 before the first.")
    last_message = MessageSerializer(
        allow_null=True, help_text="The last message; null before the first."
    )
    unread_count = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQ, help_text="Messages of others not read yet."
    )
    is_muted = serializers.BooleanField(help_text="Whether this reader wants no alert.")
    active_at = serializers.DateTimeField(
        help_text="When the last message was written, or the conversation opened."
    )
    created_at = serializers.DateTimeField(help_text="When it was opened.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the conversation as the socket shows it."""
        return conversation_as_json(instance)
