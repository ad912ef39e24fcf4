"""Asking for a code, answering with it."""

from __future__ import annotations

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import client_address, device_key
from accounts.api.serializers.auth import SessionSerializer
from accounts.api.serializers.codes import (
    ChallengeSerializer,
    CodeAnswerSerializer,
    OtpRequestedSerializer,
    OtpRequestSerializer,
)
from accounts.api.views.auth import OpenView, answered, read
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.entering import verify_code
from lokahome.core import clock


class OtpRequestView(OpenView):
    """Asking for a sign-in code."""

    @extend_schema(
        operation_id="otp_request_create",
        tags=["auth"],
        summary="Ask for a sign-in code by SMS",
        request=OtpRequestSerializer,
        responses={201: OtpRequestedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answer the same for known and unknown numbers; the SMS leaves afterwards."""
        data = read(OtpRequestSerializer, request)
        code_request = request_code(
            phone=data["phone"],
            client_ip=client_address(request),
            device_key=device_key(request),
            now=clock.now(),
            request_id=data.get("id"),
            language=get_language() or "fr",
            device=data.get("device", ""),
        )
        body = OtpRequestedSerializer(code_request).data
        return Response(body, status=status.HTTP_201_CREATED)


class OtpVerificationView(OpenView):
    """Answering with the code."""

    @extend_schema(
        operation_id="otp_verification_create",
        tags=["auth"],
        summary="Sign in, or sign up, with the code received",
        request=CodeAnswerSerializer,
        responses={200: SessionSerializer, 202: ChallengeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return tokens; a number without an account gets one, as a tenant.

        202 when the account asks for a second proof: numbers change hands. An outside
        account is linked then by POST me/identities, once that is given. Who lost the
        answer sends the same code again within a minute.
        """
        data = read(CodeAnswerSerializer, request)
        device, now = device_key(request), clock.now()
        result = verify_code(
            **data, device_key=device, client_ip=client_address(request), now=now
        )
        return answered(result)
