"""One's own sanctions, and appeals against what the staff decided."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.sanctions import (
    AppealInputSerializer,
    AppealSerializer,
    SanctionSerializer,
)
from accounts.api.standing import InGoodStanding
from accounts.api.views.auth import read
from accounts.models import Appeal, Sanction
from accounts.services.moderation.appeals import (
    appeal_case,
    appeal_sanction,
    case_about,
)
from accounts.services.moderation.standing import read_appeal_token
from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from lokahome.core.errors import NotAuthenticated


@extend_schema_view(
    list=extend_schema(
        operation_id="sanction_list", tags=["me"], summary="List one's own sanctions"
    ),
    retrieve=extend_schema(
        operation_id="sanction_retrieve",
        tags=["me"],
        summary="Read one of one's own sanctions",
    ),
)
class MySanctionsViewSet(ReadViewSet):
    """What the staff did to the account of whoever asks."""

    model = Sanction
    serializer_class = SanctionSerializer

    def rows(self, queryset: QuerySet[Sanction]) -> QuerySet[Sanction]:
        """Read at once which were appealed."""
        return queryset.prefetch_related("appeals")


class SignedInOrBearer(BasePermission):
    """Lets anybody file an appeal: the token of a refused sign-in says who it is."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for a session everywhere but where an appeal is filed."""
        return view.action == "create" or bool(request.user.is_authenticated)


@extend_schema_view(
    list=extend_schema(
        operation_id="appeal_list", tags=["appeals"], summary="List one's own appeals"
    ),
    retrieve=extend_schema(
        operation_id="appeal_retrieve",
        tags=["appeals"],
        summary="Read one of one's own appeals",
    ),
)
class AppealViewSet(ReadViewSet):
    """The appeals of whoever asks."""

    model = Appeal
    serializer_class = AppealSerializer
    permission_classes = (SignedInOrBearer, InGoodStanding)

    @extend_schema(
        operation_id="appeal_create",
        tags=["appeals"],
        summary="Ask another member of staff to look at a decision again",
        description=(
            "Needs an access token, or the `appeal_token` of a sign-in that was "
            "refused with `account.suspended`. A decision is appealed once: while the "
            "appeal is open, 200 with it; afterwards 409."
        ),
        request=AppealInputSerializer,
        responses={200: AppealSerializer, 201: AppealSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """File the appeal; somebody who did not decide will answer it."""
        data = read(AppealInputSerializer, request)
        appeal, is_new = _file(request, data)
        return answer(
            appeal,
            request,
            AppealSerializer(appeal).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={"Location": reverse("appeal-detail", args=[appeal.pk])},
        )


def _file(request: Request, data: dict[str, Any]) -> tuple[Appeal, bool]:
    now, words = clock.now(), data["words"]
    if "appeal_token" in data:
        sanction_id, person_id = read_appeal_token(data["appeal_token"], now=now)
    elif request.user.pk is None:
        raise NotAuthenticated
    elif "sanction_id" not in data:
        case_id = data.get("case_id") or case_about(data["subject"])
        return appeal_case(
            person_id=request.user.pk, case_id=case_id, words=words, now=now
        )
    else:
        sanction_id, person_id = data["sanction_id"], request.user.pk
    return appeal_sanction(
        person_id=person_id, sanction_id=sanction_id, words=words, now=now
    )
