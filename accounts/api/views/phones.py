"""One's own numbers: seeing them, one more, one less, a SIM that was lost."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of
from accounts.api.clients import client_address, device_key
from accounts.api.serializers.phones import (
    PhoneClaimSerializer,
    PhoneCodeSerializer,
    PhoneInputSerializer,
    PhoneSerializer,
)
from accounts.api.views.auth import read
from accounts.api.views.reports import IDEMPOTENCY_KEY
from accounts.models import Phone
from accounts.services.people.losses import report_loss
from accounts.services.people.phones import (
    add_phone,
    ask_for_phone,
    remove_phone,
)
from lokahome.core import clock
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import LokaViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="phone_list", tags=["me"], summary="List one's own numbers"
    )
)
class MyPhonesViewSet(ListModelMixin, LokaViewSet):
    """The numbers of whoever asks, past ones included."""

    model = Phone
    serializer_class = PhoneSerializer

    @extend_schema(
        operation_id="phone_create",
        tags=["me"],
        summary="Add a number; a code is sent to it",
        parameters=[IDEMPOTENCY_KEY],
        request=PhoneInputSerializer,
        responses={201: PhoneClaimSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Answer the same whoever holds the number; needs a recent proof."""
        claim = ask_for_phone(
            session=session_of(request),
            **read(PhoneInputSerializer, request),
            client_ip=client_address(request),
            device_key=device_key(request),
            now=clock.now(),
        )
        body = PhoneClaimSerializer(claim).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="phone_verify",
        tags=["me"],
        summary="Prove a new number with the code received",
        request=PhoneCodeSerializer,
        responses={200: PhoneSerializer},
    )
    @action(detail=True, methods=["post"], url_path="verification", url_name="verify")
    def verification(self, request: Request, pk: UUID) -> Response:
        """Add it; *id* is the one that asking for it answered.

        In 48 hours it is the current one and is paid at; the others hear of it.
        """
        phone = add_phone(
            session=session_of(request),
            request_id=pk,
            **read(PhoneCodeSerializer, request),
            client_ip=client_address(request),
            device_key=device_key(request),
            now=clock.now(),
        )
        return Response(PhoneSerializer(phone).data)

    @extend_schema(
        operation_id="phone_remove",
        tags=["me"],
        summary="Give a number up",
        request=None,
        responses={204: OpenApiResponse(description="It is no longer one's own.")},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """End the other sessions and tell the number; not the last one, nor for one that
        is newer than 48 hours. Again changes nothing.
        """
        remove_phone(session=session_of(request), phone_id=pk, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="phone_report_loss",
        tags=["me"],
        summary="Report that the SIM of a number is lost",
        request=None,
        responses={200: PhoneSerializer},
    )
    @action(detail=True, methods=["post"], url_path="loss", url_name="loss")
    def loss(self, request: Request, pk: UUID) -> Response:
        """Keep the number and let a code alone open nothing; other sessions end.

        Without a recent proof this one ends as well, and a code from the number takes the
        loss back on a device that was known before it.
        """
        phone = report_loss(session=session_of(request), phone_id=pk, now=clock.now())
        return Response(PhoneSerializer(phone).data)
