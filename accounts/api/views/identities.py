"""Signing in with Google, linking it, taking it off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.urls import reverse
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import session_of
from accounts.api.clients import client_address, device_key
from accounts.api.oidc import exchange_code, read_identity_token, service_of
from accounts.api.serializers.auth import SessionSerializer
from accounts.api.serializers.codes import ChallengeSerializer
from accounts.api.serializers.identities import (
    PROVIDERS,
    IdentityListSerializer,
    IdentitySerializer,
    LinkNeededSerializer,
    LinkSerializer,
    NonceSerializer,
    OidcSignInSerializer,
)
from accounts.api.views.auth import OpenView, answered, read
from accounts.services.signing_in.external_identities import (
    holder_of,
    link_identity,
    link_token,
    new_nonce,
    unlink_identity,
    use_nonce,
)
from accounts.services.signing_in.other_ways import enter_by_identity
from accounts.services.signing_in.proofs import require_recent_proof
from lokahome.core import clock
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.networks import take_from

GOOGLE = "google"
PER_ADDRESS_AN_HOUR = 300
"""Many people stand behind one address of a carrier."""
PROVIDER = OpenApiParameter(
    name="provider",
    type={"type": "string", "enum": [name for name, _label in PROVIDERS]},
    location=OpenApiParameter.PATH,
    description="Whose account it is.",
)


def _take(name: str, request: Request) -> None:
    take_from(
        name,
        client_address(request),
        limit=PER_ADDRESS_AN_HOUR,
        window=timedelta(hours=1),
        now=clock.now(),
    )


class GoogleNonceView(OpenView):
    """Beginning a sign-in with Google."""

    @extend_schema(
        operation_id="oidc_nonce_create",
        tags=["auth"],
        summary="Begin a sign-in with Google",
        request=None,
        responses={201: NonceSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return a nonce for this device's next attempt; 404 while Google is off."""
        service_of(GOOGLE)
        _take("oidc.nonce", request)
        nonce = new_nonce(
            provider=GOOGLE, device_key=device_key(request), now=clock.now()
        )
        return Response(NonceSerializer(nonce).data, status=status.HTTP_201_CREATED)


class GoogleSignInView(OpenView):
    """Signing in with Google."""

    @extend_schema(
        operation_id="oidc_sign_in_create",
        tags=["auth"],
        summary="Sign in with a Google account that is linked to this one",
        description=(
            "An account is never found by its address: who has not linked their Google "
            "account gets 202 with a `link_token`, proves a phone number, and links it. "
            "On a device that the account does not know, and after long silence, the "
            "answer is 202 with a `challenge_id`: an outside account is one proof, and "
            "no more than a code for 48 hours from its link."
        ),
        request=OidcSignInSerializer,
        responses={
            200: SessionSerializer,
            202: PolymorphicProxySerializer(
                component_name="OidcSignInPending",
                serializers=[LinkNeededSerializer, ChallengeSerializer],
                resource_type_field_name=None,
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Check the token, use its nonce up, and open a session or ask for more."""
        service_of(GOOGLE)
        _take("oidc.sign_in", request)
        data = read(OidcSignInSerializer, request)
        device_name = data.pop("device_name", "")
        token = data.get("id_token") or exchange_code(GOOGLE, **data)
        claims = read_identity_token(GOOGLE, token)
        device, now = device_key(request), clock.now()
        use_nonce(provider=GOOGLE, nonce=claims.nonce, device_key=device, now=now)
        person = holder_of(GOOGLE, claims.subject)
        if person is None:
            text, ends = link_token(
                provider=GOOGLE, subject=claims.subject, device_key=device, now=now
            )
            body = LinkNeededSerializer({"link_token": text, "expires_at": ends}).data
            return Response(body, status=status.HTTP_202_ACCEPTED)
        result = enter_by_identity(
            person_id=person.pk, device_key=device, device_name=device_name, now=now
        )
        return answered(result)


class MyIdentitiesView(APIView):
    """The accounts of other services that open the account of whoever asks."""

    @extend_schema(
        operation_id="identity_list",
        tags=["me"],
        summary="List the outside accounts that open one's own",
        responses={200: IdentityListSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return one of a service at most."""
        refuse_unknown(request, set())
        mine = SocialAccount.objects.filter(user_id=request.user.pk).order_by("-pk")
        return Response(IdentityListSerializer({"data": mine}).data)

    @extend_schema(
        operation_id="identity_create",
        tags=["me"],
        summary="Link the outside account that one has just proved",
        description="Needs a proof of the last 10 minutes (`auth.proof_needed`).",
        request=LinkSerializer,
        responses={201: IdentitySerializer},
    )
    def post(self, request: Request) -> Response:
        """Link it; again returns the same."""
        now = clock.now()
        user: Any = request.user
        token = read(LinkSerializer, request)["link_token"]
        require_recent_proof(session_of(request), now)
        account = link_identity(
            user=user, token=token, device_key=device_key(request), now=now
        )
        body = IdentitySerializer(account).data
        path = reverse("my-identity", args=[body["provider"]])
        return Response(
            body, status=status.HTTP_201_CREATED, headers={"Location": path}
        )


class MyIdentityView(APIView):
    """One of them."""

    @extend_schema(
        operation_id="identity_destroy",
        tags=["me"],
        summary="Take an outside account off; the sessions it opened end",
        description="Needs a proof of the last 10 minutes (`auth.proof_needed`).",
        parameters=[PROVIDER],
        responses={204: OpenApiResponse(description="It opens nothing any more.")},
    )
    def delete(self, request: Request, provider: str) -> Response:
        """Unlink it; the number stays the way in."""
        now = clock.now()
        user: Any = request.user
        require_recent_proof(session_of(request), now)
        unlink_identity(user=user, provider=provider, now=now)
        return Response(status=status.HTTP_204_NO_CONTENT)
