"""Webhooks of gateways: the bytes as they come, answered at once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome.core import clock
from lokahome.core.errors import TooLarge
from lokahome.core.failpoints import failpoint
from payments.services.notices import MAX_BODY_BYTES, record_notice


class NoticeReceivedSerializer(serializers.Serializer[Any]):
    """All that a gateway needs to know."""

    is_received = serializers.BooleanField(help_text="Always true.")


class WebhookView(APIView):
    """No account and no idempotency key: the signature over the raw bytes decides."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="webhook_create",
        tags=["webhooks"],
        summary="Receive a gateway's notice",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: NoticeReceivedSerializer},
    )
    def post(self, request: Request, gateway: str) -> Response:
        """Store a genuine notice once; a copy gets the same answer."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            raise TooLarge
        record_notice(
            gateway=gateway,
            headers=request.headers,
            # Never request.data: the signature covers these bytes, not their meaning.
            raw_body=request._request.body,
            now=clock.now(),
        )
        failpoint("callback.before_answer")
        return Response({"is_received": True})

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Answer JSON whatever a gateway says that it accepts."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type
