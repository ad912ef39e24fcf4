"""The doors of gateways of SMS: reports of what was sent, and what people send us.

The one place that reads forms. No account and no key: the gateway's signature over the
public address and the form decides.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from lokahome.core import clock
from lokahome.core.errors import BadRequest, TooLarge, UnsupportedMediaType
from messaging.api.serializers.sms import (
    DeliveryFormSerializer,
    InboundFormSerializer,
)
from messaging.channels.twilio_signature import HEADER
from messaging.services.deliveries import record_delivery
from messaging.services.gateways import MAX_BODY_BYTES, read_notice
from messaging.services.inbound import receive_sms

FORM = "application/x-www-form-urlencoded"
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""Tells the gateway to send nothing back (TwiML, "Messaging")."""
MOST_ID = 64
SIGNATURE = OpenApiParameter(
    name=HEADER,
    type=str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The gateway's signature over the address and the form.",
)


class SmsDoor(APIView):
    """What the two doors share: a small, signed form."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def form(self, request: Request, gateway: str) -> dict[str, str]:
        """Return the gateway's form; raises a refusal with nothing stored."""
        if (request.content_type or "").partition(";")[0].strip().lower() != FORM:
            raise UnsupportedMediaType
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            raise TooLarge
        form = read_notice(
            gateway=gateway,
            path=request.get_full_path(),
            # Never request.data: the signature covers these bytes.
            raw_body=request._request.body,
            signature=request.headers.get(HEADER, ""),
        )
        if not 0 < len(form.get("MessageSid", "")) <= MOST_ID:
            raise BadRequest
        return form

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Answer whatever a gateway says that it accepts."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class SmsDeliveriesView(SmsDoor):
    """Reports of what became of our SMS."""

    @extend_schema(
        operation_id="sms_delivery_create",
        summary="Receive a gateway's report of an SMS",
        parameters=[
            SIGNATURE,
            OpenApiParameter(
                name="message",
                type=OpenApiTypes.UUID,
                description="Our own id of the SMS, as we gave it with the address.",
            ),
        ],
        request={FORM: DeliveryFormSerializer},
        responses={204: None},
    )
    def post(self, request: Request, gateway: str) -> HttpResponse:
        """Take a genuine report into account; late, twice or unknown is harmless."""
        form = self.form(request, gateway)
        message_id: UUID | None = None
        with suppress(ValueError):
            message_id = UUID(request.query_params.get("message", ""))
        record_delivery(
            message_id=message_id,
            gateway_message_id=form["MessageSid"],
            status=form.get("MessageStatus") or form.get("SmsStatus", ""),
            error_code=form.get("ErrorCode", ""),
            now=clock.now(),
        )
        return HttpResponse(status=204)


class SmsMessagesView(SmsDoor):
    """SMS that people send to us."""

    @extend_schema(
        operation_id="sms_message_create",
        summary="Receive an SMS that somebody sent",
        parameters=[SIGNATURE],
        request={FORM: InboundFormSerializer},
        responses={(200, "text/xml"): OpenApiTypes.STR},
    )
    def post(self, request: Request, gateway: str) -> HttpResponse:
        """Store a genuine SMS once; the answer is the same for every sender."""
        form = self.form(request, gateway)
        receive_sms(
            gateway=gateway,
            gateway_message_id=form["MessageSid"],
            sender=form.get("From", ""),
            text=form.get("Body", ""),
            now=clock.now(),
        )
        return HttpResponse(NO_ANSWER, content_type="text/xml")
