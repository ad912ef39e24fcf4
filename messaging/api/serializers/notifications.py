"""What a person was told, and what they want to be told by."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.models import Notification, Topic
from messaging.services.plan import PLANS
from messaging.services.reading import subject_of


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """One fact, in the reader's language. ``words`` of the context holds them by id."""

    id = serializers.UUIDField(read_only=True, help_text="The notification.")
    template = serializers.CharField(
        max_length=60,
        help_text="Which kind of fact this is, the same in all languages.",
    )
    topic = serializers.SerializerMethodField(help_text="What it belongs to.")
    subject = serializers.SerializerMethodField(
        help_text="What to open, as `noun:<uuid>`; may be empty."
    )
    title = serializers.SerializerMethodField(help_text="A few words.")
    body = serializers.SerializerMethodField(help_text="A sentence or two.")
    is_read = serializers.SerializerMethodField(help_text="Whether it was read.")
    created_at = serializers.DateTimeField(help_text="When it was told.")

    class Meta:
        model = Notification
        fields = (
            "id",
            "template",
            "topic",
            "subject",
            "title",
            "body",
            "is_read",
            "created_at",
        )

    @extend_schema_field(serializers.ChoiceField(choices=Topic.choices))
    def get_topic(self, row: Notification) -> str:
        """Return the topic; a template that is gone belonged to the account."""
        plan = PLANS.get(row.template)
        return str(plan.topic if plan else Topic.ACCOUNT)

    @extend_schema_field(serializers.CharField(max_length=80))
    def get_subject(self, row: Notification) -> str:
        """Return what the app opens."""
        return subject_of(row)

    @extend_schema_field(serializers.CharField(max_length=120))
    def get_title(self, row: Notification) -> str:
        """Return the title."""
        title: str = self.context["words"][row.pk].title
        return title

    @extend_schema_field(serializers.CharField(max_length=600))
    def get_body(self, row: Notification) -> str:
        """Return the sentence."""
        body: str = self.context["words"][row.pk].body
        return body

    def get_is_read(self, row: Notification) -> bool:
        """Return whether it was read."""
        return row.read_at is not None


class ReadUpToSerializer(serializers.Serializer[Any]):
    """How far somebody has read."""

    up_to = serializers.UUIDField(
        help_text="The newest notification that was on the screen."
    )


class ReadCountSerializer(serializers.Serializer[Any]):
    """What reading changed."""

    marked = serializers.IntegerField(
        min_value=0, max_value=2_147_483_647, help_text="How many were unread before."
    )


class WishSerializer(serializers.Serializer[Any]):
    """The channels of one topic, beside the app itself."""

    sms = serializers.BooleanField(help_text="Whether SMS may be sent.")
    email = serializers.BooleanField(
        help_text="Whether e-mail may be sent; needs a verified address."
    )


class WishesSerializer(serializers.Serializer[Any]):
    """Every topic. Sign-in codes belong to none: they are always sent."""

    homes = WishSerializer(help_text="Listings, applications, leases, repairs.")
    money = WishSerializer(help_text="Payments, payouts, refunds.")
    services = WishSerializer(help_text="Requests, quotes, jobs.")
    words = WishSerializer(help_text="Messages that nobody fetched.")
    account = WishSerializer(help_text="Identity, reports.")


class WishChangeSerializer(serializers.Serializer[Any]):
    """The channels to change of one topic."""

    sms = serializers.BooleanField(required=False, help_text="Whether SMS may be sent.")
    email = serializers.BooleanField(
        required=False, help_text="Whether e-mail may be sent."
    )


class WishesChangeSerializer(serializers.Serializer[Any]):
    """The topics to change; what is not named stays."""

    homes = WishChangeSerializer(required=False, help_text="See the answer.")
    money = WishChangeSerializer(required=False, help_text="See the answer.")
    services = WishChangeSerializer(required=False, help_text="See the answer.")
    words = WishChangeSerializer(required=False, help_text="See the answer.")
    account = WishChangeSerializer(required=False, help_text="See the answer.")
