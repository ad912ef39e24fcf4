"""One's own e-mail addresses: claiming one, proving it."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of
from accounts.api.serializers.emails import (
    EmailCodeSerializer,
    EmailInputSerializer,
    EmailSerializer,
)
from accounts.api.views.auth import read
from accounts.api.views.reports import IDEMPOTENCY_KEY
from accounts.models import Email
from accounts.services.people.email_addresses import (
    claim_email,
    remove_email,
    verify_email,
)
from lokahome.core import clock
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import LokaViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="email_list", tags=["me"], summary="List one's own addresses"
    )
)
class MyEmailsViewSet(ListModelMixin, LokaViewSet):
    """The addresses of whoever asks, claims and past ones included."""

    model = Email
    serializer_class = EmailSerializer

    @extend_schema(
        operation_id="email_create",
        tags=["me"],
        summary="Claim an address; a code is sent to it",
        description="Needs a proof of the last 10 minutes (`auth.proof_needed`).",
        parameters=[IDEMPOTENCY_KEY],
        request=EmailInputSerializer,
        responses={201: EmailSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Claim it; the address in use stays until the new one is proved."""
        claim = claim_email(
            session=session_of(request),
            now=clock.now(),
            **read(EmailInputSerializer, request),
        )
        return Response(
            EmailSerializer(claim).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("my-emails-detail", args=[claim.pk])},
        )

    @extend_schema(
        operation_id="email_retrieve",
        tags=["me"],
        summary="See whether one's own address is proved",
        responses={200: EmailSerializer},
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return the address and how its claim stands."""
        refuse_unknown(request, set())
        return Response(EmailSerializer(self.visible(pk)).data)

    @extend_schema(
        operation_id="email_destroy",
        tags=["me"],
        summary="Take off one's own address, or give a claim up",
        description="Needs a proof of the last 10 minutes (`auth.proof_needed`).",
        responses={204: OpenApiResponse(description="Nothing is written to it.")},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Release it; it proves nothing about its person from now on."""
        remove_email(session=session_of(request), email_id=pk, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="email_verify",
        tags=["me"],
        summary="Prove an address with the code received",
        description="Needs a proof of the last 10 minutes (`auth.proof_needed`).",
        request=EmailCodeSerializer,
        responses={200: EmailSerializer},
    )
    @action(detail=True, methods=["post"], url_path="verification", url_name="verify")
    def verification(self, request: Request, pk: UUID) -> Response:
        """Answer with the code; messages go to the address from now on.

        In 48 hours it proves who its person is; address before and numbers are told.
        """
        data = read(EmailCodeSerializer, request)
        claim = verify_email(
            session=session_of(request), email_id=pk, now=clock.now(), **data
        )
        return Response(EmailSerializer(claim).data)
