"""The way to a socket: its ticket comes over HTTPS, never in a URL."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import session_of
from lokahome.core import clock
from messaging.api.serializers.realtime import (
    SocketTicketInputSerializer,
    SocketTicketSerializer,
)
from messaging.services.tickets import issue_ticket
from properties.api.views.shared import read

SOCKET_PATH = "/realtime/v1"


def socket_url() -> str:
    """Return where sockets are opened: the realtime process, as ``ws`` or ``wss``."""
    scheme, _colon, rest = settings.REALTIME_URL.partition(":")
    return f"{'wss' if scheme == 'https' else 'ws'}:{rest}{SOCKET_PATH}"


class TicketsView(APIView):
    """Tickets of the person who asks."""

    open_to_restricted = True

    @extend_schema(
        operation_id="realtime_ticket_create",
        summary="Get a ticket that opens one socket within 30 seconds",
        request=SocketTicketInputSerializer,
        responses={201: SocketTicketSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return a ticket bound to the session and the device."""
        issued = issue_ticket(
            session=session_of(request),
            now=clock.now(),
            **read(SocketTicketInputSerializer, request),
        )
        body = {
            "ticket": issued.token,
            "socket_url": socket_url(),
            "expires_at": issued.expires_at,
        }
        headers = {"Cache-Control": "no-store"}
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)
