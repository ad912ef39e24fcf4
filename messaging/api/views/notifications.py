"""What one was told, and what one wants to be told by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.views.auth import read
from accounts.api.views.me import IF_MATCH
from accounts.models import User
from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import LokaViewSet, actor_id
from lokahome.core.db.locks import locked
from messaging.api.filters import NotificationFilter
from messaging.api.serializers.notifications import (
    NotificationSerializer,
    ReadCountSerializer,
    ReadUpToSerializer,
    WishesChangeSerializer,
    WishesSerializer,
)
from messaging.models import Notification
from messaging.services.preferences import change_wishes, wishes_of
from messaging.services.reading import mark_all_read, mark_read, words_of

PRIVATE = {"Cache-Control": "private, no-store"}


def told(rows: Sequence[Notification]) -> Any:
    """Return *rows* as JSON, their words in the language of the request."""
    words = words_of(rows, language=get_language() or "fr")
    return NotificationSerializer(rows, many=True, context={"words": words}).data


@extend_schema_view(
    list=extend_schema(
        operation_id="notification_list", summary="List what one was told"
    )
)
class NotificationViewSet(ListModelMixin, LokaViewSet):
    """What whoever asks was told, newest first, in the language of the request."""

    model = Notification
    serializer_class = NotificationSerializer
    open_to_restricted = True
    filterset_class = NotificationFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page with its words: a query a kind, not a row."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(told(page or []))

    @extend_schema(
        operation_id="notification_read",
        summary="Say that one was read",
        request=None,
        responses={200: NotificationSerializer},
    )
    @action(detail=True, methods=["post"])
    def reading(self, request: Request, pk: UUID) -> Response:
        """Mark it read; again changes nothing."""
        user: Any = request.user
        row = mark_read(person=user, notification_id=pk, now=clock.now())
        return Response(told([row])[0], headers=PRIVATE)

    @extend_schema(
        operation_id="notification_read_all",
        summary="Say that everything up to one was read",
        request=ReadUpToSerializer,
        responses={200: ReadCountSerializer},
    )
    def read_all(self, request: Request) -> Response:
        """Mark them read; what came after the list was fetched stays unread."""
        user: Any = request.user
        data = read(ReadUpToSerializer, request)
        marked = mark_all_read(person=user, now=clock.now(), **data)
        return Response({"marked": marked}, headers=PRIVATE)


class PreferencesView(APIView):
    """The channels by which whoever asks wants to hear of each topic."""

    open_to_restricted = True

    parser_classes = (JSONParser, MergePatchParser)

    @extend_schema(
        operation_id="notification_preferences_retrieve",
        summary="Read by what one is told",
        responses={200: WishesSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return every topic, or 304."""
        refuse_unknown(request, set())
        wishes = wishes_of(actor_id(request))
        return answer(wishes, request, dict(WishesSerializer(wishes.topics).data))

    @extend_schema(
        operation_id="notification_preferences_update",
        summary="Choose by what one is told",
        parameters=[IF_MATCH],
        request=WishesChangeSerializer,
        responses={200: WishesSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Change the topics that are given."""
        changes = read(WishesChangeSerializer, request)
        person_id = actor_id(request)
        with transaction.atomic():
            locked(User.objects.get_queryset().active(), person_id)
            require_if_match(request, wishes_of(person_id))
            wishes = change_wishes(person_id=person_id, changes=changes)
        return answer(wishes, request, dict(WishesSerializer(wishes.topics).data))
