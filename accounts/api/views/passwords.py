"""Passwords: dj-rest-auth's views, with our services behind them.

Its own would send links, change one table only and answer in its own words.
"""

from __future__ import annotations

from typing import Any

from dj_rest_auth.views import (
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
)
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of
from accounts.api.clients import client_address, device_key
from accounts.api.serializers.codes import ChallengeSerializer
from accounts.api.serializers.passwords import (
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetRequestedSerializer,
    PasswordResetSerializer,
)
from accounts.api.serializers.sessions import EndedSessionsSerializer
from accounts.api.views.auth import read
from accounts.models import CodeRequest
from accounts.services.signing_in.guessing import take_change_limits
from accounts.services.signing_in.passwords import (
    change_password,
    request_reset,
    reset_password,
)
from lokahome.core import clock


class ChangePasswordView(PasswordChangeView):  # type: ignore[misc]  # no types
    """A new password for whoever is signed in."""

    serializer_class = PasswordChangeSerializer

    @extend_schema(
        operation_id="password_change",
        tags=["auth"],
        summary="Set or change one's own password; other sessions end",
        request=PasswordChangeSerializer,
        responses={200: EndedSessionsSerializer},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change it. The first one needs a proof of the last ten minutes (403)."""
        session, now = session_of(request), clock.now()
        take_change_limits(session_id=session.pk, now=now)
        data = read(PasswordChangeSerializer, request)
        ended = change_password(session=session, now=now, **data)
        return Response(EndedSessionsSerializer({"ended": ended}).data)


class ResetPasswordView(PasswordResetView):  # type: ignore[misc]  # no types
    """Asking for a code, having forgotten the password."""

    authentication_classes = ()
    serializer_class = PasswordResetSerializer

    @extend_schema(
        operation_id="password_reset_create",
        tags=["auth"],
        summary="Ask for a code that sets the password anew",
        request=PasswordResetSerializer,
        responses={201: PasswordResetRequestedSerializer},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer the same, and do the same, for known and unknown numbers."""
        data = read(PasswordResetSerializer, request)
        asked = request_reset(
            phone=data["phone"],
            by_email=data["channel"] == CodeRequest.Channel.EMAIL,
            client_ip=client_address(request),
            device_key=device_key(request),
            language=get_language() or "fr",
            request_id=data.get("id"),
            now=clock.now(),
        )
        body = PasswordResetRequestedSerializer(asked).data
        return Response(body, status=status.HTTP_201_CREATED)


class ConfirmResetView(PasswordResetConfirmView):  # type: ignore[misc]  # no types
    """Answering with the code and the new password."""

    authentication_classes = ()
    serializer_class = PasswordResetConfirmSerializer

    @extend_schema(
        operation_id="password_reset_confirm",
        tags=["auth"],
        summary="Set the password anew with the code received; all sessions end",
        request=PasswordResetConfirmSerializer,
        responses={
            202: ChallengeSerializer,
            204: OpenApiResponse(description="Sign in with the new password."),
        },
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set it. 403 where the account asks for more than a SIM.

        202 where it asks for more than a mailbox: the second proof signs in, and sets
        the password.
        """
        challenged = reset_password(
            **read(PasswordResetConfirmSerializer, request),
            device_key=device_key(request),
            client_ip=client_address(request),
            now=clock.now(),
        )
        if challenged is not None:
            body = ChallengeSerializer(challenged).data
            return Response(body, status=status.HTTP_202_ACCEPTED)
        return Response(status=status.HTTP_204_NO_CONTENT)
