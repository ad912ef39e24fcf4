"""One's own hats and how far each was checked."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.roles import OwnRoleSerializer, TakeRoleSerializer
from accounts.api.views.auth import read
from accounts.models import IdentityCheck, RoleGrant
from accounts.services.people.profiles import take_role
from lokahome.core.api.viewsets import ReadViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="role_list", tags=["me"], summary="List one's own hats"
    ),
    retrieve=extend_schema(
        operation_id="role_retrieve", tags=["me"], summary="Read one of one's own hats"
    ),
)
class MyRolesViewSet(ReadViewSet):
    """The hats of whoever asks."""

    model = RoleGrant
    serializer_class = OwnRoleSerializer

    def rows(self, queryset: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
        """Read the accepted documents along: they say what is missing."""
        proofs = IdentityCheck.objects.accepted().only(
            "person_id", "role", "document_kind"
        )
        return queryset.select_related("user").prefetch_related(
            Prefetch(
                "user__identity_checks", queryset=proofs, to_attr="accepted_checks"
            )
        )

    @extend_schema(
        operation_id="role_create",
        tags=["me"],
        summary="Put on a hat",
        request=TakeRoleSerializer,
        responses={200: OwnRoleSerializer, 201: OwnRoleSerializer},
    )
    def create(self, request: Request) -> Response:
        """Put the hat on at the level that was proved; 200 when it is worn already."""
        user: Any = request.user
        grant, is_new = take_role(user=user, **read(TakeRoleSerializer, request))
        return Response(
            OwnRoleSerializer(self.visible(grant.pk)).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={"Location": reverse("my-roles-detail", args=[grant.pk])},
        )
