"""One's own account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.me import (
    MeSerializer,
    UpdateMeSerializer,
)
from accounts.api.views.auth import read
from accounts.models import User
from accounts.models.account import account_of, with_account
from accounts.services.people.profiles import update_profile
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import LokaViewSet

IF_MATCH = OpenApiParameter(
    name="If-Match",
    type=str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The ETag that was read.",
)


class MeViewSet(LokaViewSet):
    """The account of whoever asks."""

    model = User
    serializer_class = MeSerializer
    parser_classes = (JSONParser, MergePatchParser)

    def rows(self, queryset: QuerySet[User]) -> QuerySet[User]:
        """Only oneself; number and hats come along."""
        user: Any = self.request.user
        return with_account(queryset.filter(pk=user.pk))

    @extend_schema(
        operation_id="me_retrieve",
        tags=["me"],
        summary="Read one's own account",
        responses={200: MeSerializer},
    )
    def retrieve(self, request: Request) -> Response:
        """Return the account, or 304."""
        refuse_unknown(request, set())
        person = account_of(self.visible(request.user.pk))
        return answer(person, request, MeSerializer(person).data)

    @extend_schema(
        operation_id="me_update",
        tags=["me"],
        summary="Change one's own account",
        parameters=[IF_MATCH],
        request=UpdateMeSerializer,
        responses={200: MeSerializer},
    )
    def partial_update(self, request: Request) -> Response:
        """Change the members that are given."""
        data = read(UpdateMeSerializer, request)
        with transaction.atomic():
            person = self.visible_locked(request.user.pk)
            require_if_match(request, person)
            person = update_profile(person_id=person.pk, **data)
        return answer(person, request, MeSerializer(person).data)
