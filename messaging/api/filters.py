"""What lists of conversations and messages may be narrowed by."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lokahome.core.api.pagination import bad_parameter
from messaging.models import Conversation

MAX_SEQ = 2_147_483_647


class ConversationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Conversations by what they are about."""

    subject = django_filters.CharFilter(
        max_length=80, help_text="What it is about, `lease:<id>`."
    )

    class Meta:
        model = Conversation
        fields = ("subject",)


def read_after_seq(request: Request) -> int:
    """Return ``after_seq``, default 0; raises BadParameter."""
    text = request.query_params.get("after_seq", "0")
    if not (text.isascii() and text.isdecimal()) or int(text[:11]) > MAX_SEQ:
        raise bad_parameter("after_seq", _("Un entier positif ou nul est attendu."))
    return int(text)
