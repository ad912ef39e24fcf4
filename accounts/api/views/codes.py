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
from accounts.api.views.auth import OpenView, read, session_body
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.entering import SignedIn, verify_code
from accounts.services.signing_in.external_identities import (
    link_identity,
    read_link_token,
)
from lokahome.core import clock


def signed_in(request: Request, result: SignedIn) -> Response:
    """Answer with tokens for whom *result* names."""
    body = session_body(
        request,
        result.user,
        is_new=result.is_new,
        method="code",
        device_name=result.device_name,
    )
    return Response(body)


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

        202 when the account asks for a second proof: numbers change hands.
        """
        data = read(CodeAnswerSerializer, request)
        device, now = device_key(request), clock.now()
        link_token = data.pop("link_token", None)
        if link_token is not None:
            read_link_token(link_token, device_key=device, now=now)
        result = verify_code(
            **data, device_key=device, client_ip=client_address(request), now=now
        )
        if isinstance(result, ChallengeNeeded):
            body = ChallengeSerializer(result).data
            return Response(body, status=status.HTTP_202_ACCEPTED)
        if link_token is not None:
            link_identity(
                user=result.user, token=link_token, device_key=device, now=now
            )
        return signed_in(request, result)
