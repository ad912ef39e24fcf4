"""What lists of words may be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
import django_filters.widgets
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lokahome.core.api.pagination import bad_parameter
from messaging.models import Conversation, Notification, Topic
from messaging.services.plan import PLANS

MAX_SEQ = 2_147_483_647


class ConversationFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """Conversations by what they are about."""

    subject = django_filters.CharFilter(
        max_length=80, help_text="What it is about, `lease:<id>`."
    )

    class Meta:
        model = Conversation
        fields = ("subject",)


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """What one was told, by whether it was read and by topic."""

    is_unread = django_filters.BooleanFilter(
        field_name="read_at",
        lookup_expr="isnull",
        widget=django_filters.widgets.BooleanWidget(),
        help_text="Unread only (`true`), or read.",
    )
    topic = django_filters.ChoiceFilter(
        choices=Topic.choices, method="of_topic", help_text="One topic only."
    )

    class Meta:
        model = Notification
        fields = ("is_unread", "topic")

    def of_topic(
        self, queryset: QuerySet[Notification], _name: str, value: Any
    ) -> QuerySet[Notification]:
        """Keep the templates of one topic."""
        names = [name for name, plan in PLANS.items() if plan.topic == value]
        return queryset.filter(template__in=names)


def read_after_seq(request: Request) -> int:
    """Return ``after_seq``, default 0; raises BadParameter."""
    text = request.query_params.get("after_seq", "0")
    is_number = text.isascii() and text.isdecimal() and len(text) <= 10
    if not is_number or int(text) > MAX_SEQ:
        raise bad_parameter("after_seq", _("Un entier positif ou nul est attendu."))
    return int(text)
