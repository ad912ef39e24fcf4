"""One's own sessions and devices: seeing them, ending them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import session_of
from accounts.api.serializers.sessions import (
    DeviceSerializer,
    EndedSessionsSerializer,
    OwnSessionSerializer,
)
from accounts.models import Device, Session
from accounts.services.signing_in.sessions import (
    end_session,
    end_sessions,
    forget_device,
)
from lokahome.core import clock
from lokahome.core.api.viewsets import LokaViewSet, actor_id


@extend_schema_view(
    list=extend_schema(
        operation_id="session_list",
        tags=["me"],
        summary="List one's own sessions that go on",
    )
)
class MySessionsViewSet(ListModelMixin, LokaViewSet):
    """The sessions of whoever asks, newest first; those that ended are not listed."""

    model = Session
    serializer_class = OwnSessionSerializer

    def rows(self, queryset: QuerySet[Session]) -> QuerySet[Session]:
        """Only sessions that go on, each with its device."""
        alive: Any = queryset
        rows: QuerySet[Session] = alive.alive(clock.now()).select_related("device")
        return rows

    @extend_schema(
        operation_id="session_end",
        tags=["me"],
        summary="End one of one's own sessions",
        request=None,
        responses={204: OpenApiResponse(description="It has ended.")},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """End it at once, its sockets within seconds; 204 again for one that ended."""
        end_session(
            session_id=pk,
            user_id=actor_id(request),
            reason=Session.EndReason.REVOKED,
            now=clock.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(
        operation_id="device_list", tags=["me"], summary="List one's own devices"
    )
)
class MyDevicesViewSet(ListModelMixin, LokaViewSet):
    """The devices on which whoever asks signed in, forgotten ones included."""

    model = Device
    serializer_class = DeviceSerializer

    @extend_schema(
        operation_id="device_forget",
        tags=["me"],
        summary="Sign out of a device and know it no more",
        request=None,
        responses={204: OpenApiResponse(description="Its sessions have ended.")},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """End its sessions; the next sign-in on it may need more than a code."""
        forget_device(device_id=pk, user_id=actor_id(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignOutEverywhereView(APIView):
    """Signing out of every session."""

    @extend_schema(
        operation_id="logout_everywhere_create",
        tags=["auth"],
        summary="End all one's own sessions, this one included",
        request=None,
        responses={200: EndedSessionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """End them all; the device that asks alone stays known."""
        ended = end_sessions(
            user_id=actor_id(request),
            reason=Session.EndReason.EVERYWHERE,
            asked_in=session_of(request).pk,
            now=clock.now(),
        )
        return Response(EndedSessionsSerializer({"ended": ended}).data)
