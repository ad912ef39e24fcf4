"""Signing in by code or by password, refreshing, signing out."""

from __future__ import annotations

import dataclasses
from typing import Any

from dj_rest_auth.views import LoginView, LogoutView
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import session_of
from accounts.api.clients import device_key
from accounts.api.serializers.auth import (
    PasswordLoginSerializer,
    RefreshSerializer,
    SessionSerializer,
    SignOutSerializer,
    TokenPairSerializer,
)
from accounts.api.serializers.codes import ChallengeSerializer
from accounts.api.tokens import TokenPair, revoke_refresh, rotate_tokens, tokens_of
from accounts.models import Session, User
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.entering import SignedIn
from accounts.services.signing_in.other_ways import enter_by_password
from accounts.services.signing_in.sessions import end_session
from lokahome.core import clock


def read(serializer_class: type[Any], request: Request) -> dict[str, Any]:
    """Return the valid input of *request*; raises DRF's ValidationError."""
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


def body_of(
    tokens: TokenPair, user: User, *, is_new: bool = False, link_refused: str = ""
) -> dict[str, Any]:
    """Return *tokens* of *user* as `SessionSerializer` shows them."""
    session = {"is_new": is_new, "link_refused": link_refused, "user": user}
    return dict(SessionSerializer({**dataclasses.asdict(tokens), **session}).data)


def signed_in(result: SignedIn) -> Response:
    """Answer with tokens for whom *result* names."""
    tokens = tokens_of(result.session, now=clock.now())
    body = body_of(
        tokens, result.user, is_new=result.is_new, link_refused=result.link_refused
    )
    return Response(body)


def answered(result: SignedIn | ChallengeNeeded) -> Response:
    """Answer with tokens, or with what is asked beside the first proof."""
    if isinstance(result, ChallengeNeeded):
        body = ChallengeSerializer(result).data
        return Response(body, status=status.HTTP_202_ACCEPTED)
    return signed_in(result)


class OpenView(APIView):
    """A door that people come to without a token, or with one that has ended."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class PasswordLoginView(LoginView):  # type: ignore[misc]  # dj-rest-auth has no types
    """Signing in with a password: staff, and people who set one."""

    authentication_classes = ()
    serializer_class = PasswordLoginSerializer

    @extend_schema(
        operation_id="login_create",
        tags=["auth"],
        summary="Sign in with a handle or phone and a password",
        request=PasswordLoginSerializer,
        description=(
            "On a device that the account does not know, a password that a code set in "
            "the last 48 hours gets 202 with a `challenge_id`: it proves no more than "
            "that code."
        ),
        responses={200: SessionSerializer, 202: ChallengeSerializer},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let dj-rest-auth check it; the serializer counts the try."""
        response: Response = super().post(request, *args, **kwargs)
        return response

    def login(self) -> None:
        """Remember whom the serializer found; no session and no cookie is made."""
        self.user = self.serializer.validated_data["user"]

    def get_response(self) -> Response:
        """Return the same bodies as signing in by code."""
        entered = enter_by_password(
            person_id=self.user.pk,
            device_key=device_key(self.request),
            now=clock.now(),
        )
        return answered(entered)


class TokenRefreshView(OpenView):
    """Exchanging a refresh token."""

    @extend_schema(
        operation_id="token_refresh_create",
        tags=["auth"],
        summary="Exchange a refresh token for a new pair",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer},
    )
    def post(self, request: Request) -> Response:
        """Use the token up and return the next pair.

        Within a minute the same token from the same device gets the same pair again.
        Later, or from another device, it is a copy: the session ends.
        """
        refresh = read(RefreshSerializer, request)["refresh"]
        pair = rotate_tokens(refresh, device_key=device_key(request), now=clock.now())
        return Response(TokenPairSerializer(pair).data)


class SignOutView(LogoutView):  # type: ignore[misc]  # dj-rest-auth has no types
    """Signing out of one session.

    dj-rest-auth lets anybody end any session whose refresh token they hold, and answers
    some failures with 500: only the signed-in owner may, here.
    """

    permission_classes = (IsAuthenticated,)
    http_method_names = ("post", "options")

    @extend_schema(
        operation_id="logout_create",
        tags=["auth"],
        summary="End this session",
        request=SignOutSerializer,
        responses={204: OpenApiResponse(description="The session has ended.")},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End the session at once: its tokens open nothing more, its sockets close."""
        response: Response = super().post(request, *args, **kwargs)
        return response

    def logout(self, request: Request) -> Response:
        """End the session of the refresh token in the body, or the one that asks."""
        refresh = read(SignOutSerializer, request).get("refresh")
        user: Any = request.user
        if refresh is not None:
            revoke_refresh(refresh, user=user)
        else:
            end_session(
                session_id=session_of(request).pk,
                user_id=user.pk,
                reason=Session.EndReason.SIGNED_OUT,
                now=clock.now(),
            )
        return Response(status=status.HTTP_204_NO_CONTENT)
