"""Invitations: an agency's, and one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import device_key
from accounts.api.serializers.agencies import MemberSerializer
from accounts.api.serializers.agency_invitations import (
    InvitationInputSerializer,
    InvitationSerializer,
    MyInvitationSerializer,
)
from accounts.api.views.agencies import role_in
from accounts.api.views.auth import read
from accounts.api.views.reports import IDEMPOTENCY_KEY
from accounts.models import AgencyInvitation
from accounts.policies.agencies import may_lead_agency
from accounts.services.agencies.invitations import (
    accept_invitation,
    invite_member,
    refuse_invitation,
    withdraw_invitation,
)
from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import LokaViewSet, ReadViewSet
from lokahome.core.errors import NotAllowed


@extend_schema_view(
    list=extend_schema(
        operation_id="agency_invitation_list",
        tags=["agencies"],
        summary="List an agency's invitations",
    ),
    retrieve=extend_schema(
        operation_id="agency_invitation_retrieve",
        tags=["agencies"],
        summary="Read an invitation of an agency",
    ),
)
class AgencyInvitationViewSet(ReadViewSet):
    """The invitations of one agency, for its owners and managers."""

    model = AgencyInvitation
    serializer_class = InvitationSerializer

    def rows(self, queryset: QuerySet[AgencyInvitation]) -> QuerySet[AgencyInvitation]:
        """Only this agency's; raises NotFound, NotAllowed for other members."""
        agency_id = self.kwargs["agency_id"]
        if not may_lead_agency(role=role_in(agency_id, self.request)):
            raise NotAllowed
        return queryset.filter(agency_id=agency_id)

    @extend_schema(
        operation_id="agency_invitation_create",
        tags=["agencies"],
        summary="Invite a number",
        parameters=[IDEMPOTENCY_KEY],
        request=InvitationInputSerializer,
        responses={201: InvitationSerializer},
    )
    @idempotent()
    def create(self, request: Request, agency_id: UUID) -> Response:
        """Invite it by SMS, whoever holds it, or nobody: the answer is the same."""
        user: Any = request.user
        values = read(InvitationInputSerializer, request)
        invitation = invite_member(
            agency_id=agency_id,
            actor=user,
            invitation_id=values.pop("id", None),
            device_key=device_key(request),
            now=clock.now(),
            **values,
        )
        path = reverse("agency-invitation", args=[agency_id, invitation.pk])
        return answer(
            invitation,
            request,
            InvitationSerializer(invitation).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": path},
        )

    @extend_schema(
        operation_id="agency_invitation_destroy",
        tags=["agencies"],
        summary="Take an invitation back",
        responses={204: None},
    )
    def destroy(self, request: Request, agency_id: UUID, pk: UUID) -> Response:
        """Withdraw it; again is harmless."""
        user: Any = request.user
        withdraw_invitation(
            agency_id=agency_id, invitation_id=pk, actor=user, now=clock.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(
        operation_id="my_invitation_list",
        tags=["me"],
        summary="List the invitations to one's own numbers",
    )
)
class MyInvitationsViewSet(ListModelMixin, LokaViewSet):
    """The invitations that whoever asks may answer."""

    model = AgencyInvitation
    serializer_class = MyInvitationSerializer

    def rows(self, queryset: QuerySet[AgencyInvitation]) -> QuerySet[AgencyInvitation]:
        """Those sent to one's numbers of today and still to be answered."""
        # The base class knows no queryset of the model's own.
        mine = queryset.addressed_to(self.request.user)  # type: ignore[attr-defined]
        rows: QuerySet[AgencyInvitation] = mine.open().filter(
            expires_at__gt=clock.now()
        )
        return rows.select_related("agency")

    @extend_schema(
        operation_id="my_invitation_accept",
        tags=["me"],
        summary="Join the agency that invites",
        request=None,
        responses={200: MemberSerializer},
    )
    @action(detail=True, methods=["post"])
    def acceptance(self, request: Request, pk: UUID) -> Response:
        """Join it in the role of the invitation; again is harmless."""
        user: Any = request.user
        member: Any = accept_invitation(invitation_id=pk, person=user, now=clock.now())
        member.reader_role = member.role
        data = MemberSerializer(member, context=self.get_serializer_context()).data
        return Response(data)

    @extend_schema(
        operation_id="my_invitation_refuse",
        tags=["me"],
        summary="Say no to an invitation",
        request=None,
        responses={204: None},
    )
    @action(detail=True, methods=["post"])
    def refusal(self, request: Request, pk: UUID) -> Response:
        """Refuse it."""
        user: Any = request.user
        refuse_invitation(invitation_id=pk, person=user, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
