"""Conversations over HTTP: whatever the socket does, this does too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.viewsets import LokaViewSet
from messaging.api.filters import MAX_SEQ, ConversationFilter, read_after_seq
from messaging.api.serializers.conversations import (
    ConversationInputSerializer,
    ConversationSerializer,
    CursorInputSerializer,
    CursorSerializer,
    MessageInputSerializer,
    MessageSerializer,
    MutingInputSerializer,
)
from messaging.hints import hint
from messaging.models import Conversation
from messaging.queries.conversations import as_seen_by
from messaging.services.conversations import mute_conversation, open_conversation
from messaging.services.messages import move_cursor, post_message
from properties.api.views.shared import read, signed_in

PERSONAL = {"Cache-Control": "private, no-store"}
AFTER_SEQ = OpenApiParameter(
    name="after_seq",
    type={"type": "integer", "minimum": 0, "maximum": MAX_SEQ},
    location=OpenApiParameter.QUERY,
    description="Only messages with a greater number.",
)


@extend_schema_view(
    list=extend_schema(
        operation_id="conversation_list",
        summary="List one's conversations, the liveliest first",
    )
)
class ConversationViewSet(ListModelMixin, LokaViewSet):
    """Conversations: seen by those who take part."""

    model = Conversation
    serializer_class = ConversationSerializer
    open_to_restricted = ("cursor", "muting")
    filterset_class = ConversationFilter
    sorts = {"newest": ("-active_at", "-id")}

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Add people, the last message and what is unread."""
        return as_seen_by(signed_in(self.request).pk, queryset)

    @extend_schema(
        operation_id="conversation_retrieve",
        summary="Read a conversation",
        responses={200: ConversationSerializer},
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return it as it is now."""
        refuse_unknown(request, set())
        return Response(self.get_serializer(self.visible()).data, headers=PERSONAL)

    @extend_schema(
        operation_id="conversation_create",
        summary="Open the conversation about a subject, or get the one there is",
        request=ConversationInputSerializer,
        responses={200: ConversationSerializer, 201: ConversationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Open it with everybody whom the subject names."""
        opened = open_conversation(
            person=signed_in(request),
            now=clock.now(),
            **read(ConversationInputSerializer, request),
        )
        hint(opened.moved)
        row = self.visible(opened.conversation.pk)
        where = reverse("conversations-detail", args=[row.pk])
        return Response(
            self.get_serializer(row).data,
            status=status.HTTP_201_CREATED if opened.is_new else status.HTTP_200_OK,
            headers={**PERSONAL, "Location": where},
        )

    @extend_schema(
        operation_id="conversation_message_list",
        summary="List the messages of a conversation, newest first",
        filters=False,
        parameters=[AFTER_SEQ],
        responses={200: MessageSerializer(many=True)},
    )
    @action(detail=True, methods=["get"])
    def messages(self, request: Request, pk: UUID) -> Response:
        """Return a page of messages."""
        refuse_unknown(request, {"after_seq"})
        self.sorts = {"newest": ("-seq",), "oldest": ("seq",)}
        written = self.visible().messages.select_related("hiding")
        page = self.paginate_queryset(written.filter(seq__gt=read_after_seq(request)))
        return self.get_paginated_response(MessageSerializer(page, many=True).data)

    @extend_schema(
        operation_id="conversation_message_create",
        summary="Write a message; the same `client_id` writes it once",
        request=MessageInputSerializer,
        responses={201: MessageSerializer},
    )
    @messages.mapping.post
    def write(self, request: Request, pk: UUID) -> Response:
        """Write it, or return the one that is there."""
        posted = post_message(
            conversation_id=pk,
            sender=signed_in(request),
            now=clock.now(),
            **read(MessageInputSerializer, request),
        )
        hint(posted.moved)
        where = reverse("conversations-messages", args=[pk])
        place = f"{where}?after_seq={posted.message.seq - 1}&sort=oldest&limit=1"
        headers = {**PERSONAL, "Location": place}
        if not posted.is_new:
            headers["Idempotency-Replayed"] = "true"
        data = MessageSerializer(posted.message).data
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(
        operation_id="conversation_cursor_move",
        summary="Say how far one has received and read",
        request=CursorInputSerializer,
        responses={200: CursorSerializer},
    )
    @action(detail=True, methods=["post"])
    def cursor(self, request: Request, pk: UUID) -> Response:
        """Move one's cursors on; they never go back."""
        moved = move_cursor(
            conversation_id=pk,
            person=signed_in(request),
            **read(CursorInputSerializer, request),
        )
        hint(moved.moved)
        return Response(CursorSerializer(moved.participant).data, headers=PERSONAL)

    @extend_schema(
        operation_id="conversation_mute",
        summary="Say whether one wants alerts of a conversation",
        request=MutingInputSerializer,
        responses={200: ConversationSerializer},
    )
    @action(detail=True, methods=["post"])
    def muting(self, request: Request, pk: UUID) -> Response:
        """Mute it for oneself, or hear of it again."""
        values = read(MutingInputSerializer, request)
        person = signed_in(request)
        hint(mute_conversation(conversation_id=pk, person=person, **values))
        return Response(self.get_serializer(self.visible()).data, headers=PERSONAL)
