"""Notices about one's own account: somebody with the SIM wants in."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of
from accounts.api.serializers.codes import SignInNoticeSerializer
from accounts.models import SignInNotice
from accounts.services.signing_in.notices import contest_in_session
from lokahome.core import clock
from lokahome.core.api.viewsets import LokaViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="sign_in_notice_list",
        tags=["me"],
        summary="List who asked for access to one's own account",
    )
)
class MySignInNoticesViewSet(ListModelMixin, LokaViewSet):
    """The notices about the account of whoever asks, past ones included."""

    model = SignInNotice
    serializer_class = SignInNoticeSerializer

    @extend_schema(
        operation_id="sign_in_notice_contest",
        tags=["me"],
        summary="Refuse somebody access to one's own account",
        request=None,
        responses={200: SignInNoticeSerializer},
    )
    @action(detail=True, methods=["post"], url_path="contest", url_name="contest")
    def contest(self, request: Request, pk: UUID) -> Response:
        """Refuse it; the number counts as lost until it is proved again.

        Needs a recent proof and a session older than the notice; younger ones end.
        """
        notice = contest_in_session(
            notice_id=pk, session=session_of(request), now=clock.now()
        )
        return Response(SignInNoticeSerializer(notice).data)
