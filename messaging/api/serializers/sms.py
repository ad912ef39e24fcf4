"""The forms that a gateway of SMS posts, in the gateway's own names."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class DeliveryFormSerializer(serializers.Serializer[Any]):
    """A report of one SMS. Only what is read here is described."""

    AccountSid = serializers.CharField(max_length=34, help_text="The account.")
    MessageSid = serializers.CharField(max_length=64, help_text="The gateway's id.")
    MessageStatus = serializers.CharField(
        max_length=30, help_text="queued, sent, delivered, undelivered, failed…"
    )
    ErrorCode = serializers.CharField(
        max_length=20, required=False, help_text="Why it did not arrive."
    )


class InboundFormSerializer(serializers.Serializer[Any]):
    """One SMS that somebody sent to us."""

    AccountSid = serializers.CharField(max_length=34, help_text="The account.")
    MessageSid = serializers.CharField(max_length=64, help_text="The gateway's id.")
    From = serializers.CharField(max_length=20, help_text="The sender's number.")
    Body = serializers.CharField(
        max_length=1600, allow_blank=True, help_text="The text."
    )
