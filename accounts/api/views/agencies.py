"""Agencies of one's own, and their members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.agencies import (
    AgencyInputSerializer,
    AgencyPatchSerializer,
    AgencySerializer,
    MemberRoleSerializer,
    MemberSerializer,
)
from accounts.api.views.auth import read
from accounts.api.views.me import IF_MATCH
from accounts.models import Agency, Membership
from accounts.services.agencies.agencies import change_agency, close_agency, open_agency
from accounts.services.agencies.memberships import change_member_role, remove_member
from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match, version_named
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ReadViewSet, actor_id
from lokahome.core.errors import NotFound


def role_in(agency_id: UUID, request: Request) -> str:
    """Return the reader's role in the agency of this path; raises NotFound."""
    members = Membership.objects.active().filter(user_id=actor_id(request))
    role = members.filter(agency_id=agency_id).values_list("role", flat=True).first()
    if role is None:
        raise NotFound
    return role


@extend_schema_view(
    list=extend_schema(
        operation_id="agency_list", tags=["agencies"], summary="List one's own agencies"
    ),
    retrieve=extend_schema(
        operation_id="agency_retrieve",
        tags=["agencies"],
        summary="Read an agency of one's own",
    ),
)
class AgencyViewSet(ReadViewSet):
    """The agencies that whoever asks belongs to."""

    model = Agency
    serializer_class = AgencySerializer
    parser_classes = (JSONParser, MergePatchParser)

    def rows(self, queryset: QuerySet[Agency]) -> QuerySet[Agency]:
        """Say what the reader is in each."""
        mine = Membership.objects.active().filter(
            user_id=actor_id(self.request), agency_id=OuterRef("pk")
        )
        return queryset.annotate(my_role=Subquery(mine.values("role")[:1]))

    @extend_schema(
        operation_id="agency_create",
        tags=["agencies"],
        summary="Open an agency",
        request=AgencyInputSerializer,
        responses={201: AgencySerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Open a draft, with oneself as its owner; staff check its numbers."""
        user: Any = request.user
        values = read(AgencyInputSerializer, request)
        agency = open_agency(
            founder=user, agency_id=values.pop("id", None), now=clock.now(), **values
        )
        row = self.visible(agency.pk)
        return answer(
            row,
            request,
            self.get_serializer(row).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("agency-detail", args=[row.pk])},
        )

    @extend_schema(
        operation_id="agency_update",
        tags=["agencies"],
        summary="Change the file of a draft",
        parameters=[IF_MATCH],
        request=AgencyPatchSerializer,
        responses={200: AgencySerializer},
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change it until staff have checked it."""
        user: Any = request.user
        serializer = AgencyPatchSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            require_if_match(request, self.visible_locked())
            change_agency(
                agency_id=pk,
                actor=user,
                changes=serializer.validated_data,
                now=clock.now(),
            )
        row = self.visible(pk)
        return answer(row, request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="agency_close",
        tags=["agencies"],
        summary="Close an agency for good",
        parameters=[IF_MATCH],
        responses={204: None},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Close it: its mandates end, its members keep nothing of it. Again is harmless."""
        user: Any = request.user
        self.visible(pk)
        close_agency(
            agency_id=pk, actor=user, version=version_named(request), now=clock.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(
        operation_id="agency_member_list",
        tags=["agencies"],
        summary="List an agency's members",
    ),
    retrieve=extend_schema(
        operation_id="agency_member_retrieve",
        tags=["agencies"],
        summary="Read a member of an agency",
    ),
)
class MemberViewSet(ReadViewSet):
    """The members of one agency, for its members."""

    model = Membership
    serializer_class = MemberSerializer
    parser_classes = (JSONParser, MergePatchParser)
    sorts = {"oldest": ("id",)}

    def rows(self, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        """Only this agency's members of today; raises NotFound for one of others."""
        agency_id = self.kwargs["agency_id"]
        role = role_in(agency_id, self.request)
        # The base class knows no queryset of the model's own.
        members = queryset.active().filter(agency_id=agency_id)  # type: ignore[attr-defined]
        rows: QuerySet[Membership] = members.select_related("user")
        return rows.annotate(reader_role=Value(role))

    @extend_schema(
        operation_id="agency_member_update",
        tags=["agencies"],
        summary="Give a member another role",
        parameters=[IF_MATCH],
        request=MemberRoleSerializer,
        responses={200: MemberSerializer},
    )
    def partial_update(self, request: Request, agency_id: UUID, pk: UUID) -> Response:
        """Change the role; nobody raises anybody to their own rank but an owner."""
        user: Any = request.user
        values = read(MemberRoleSerializer, request)
        self.visible(pk)
        change_member_role(
            agency_id=agency_id,
            membership_id=pk,
            actor=user,
            version=version_named(request),
            now=clock.now(),
            **values,
        )
        row = self.visible(pk)
        return answer(row, request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="agency_member_destroy",
        tags=["agencies"],
        summary="Remove a member, or leave",
        responses={204: None},
    )
    def destroy(self, request: Request, agency_id: UUID, pk: UUID) -> Response:
        """End it at once, again is harmless; the last owner stays."""
        user: Any = request.user
        remove_member(
            agency_id=agency_id, membership_id=pk, actor=user, now=clock.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
