"""Having one's identity checked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.identity_checks import (
    IdentityCheckInputSerializer,
    IdentityCheckSerializer,
)
from accounts.api.views.auth import read
from accounts.models import IdentityCheck
from accounts.services.identity.checks import (
    submit_identity_check,
    withdraw_identity_check,
)
from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet


@extend_schema_view(
    list=extend_schema(
        operation_id="identity_check_list",
        tags=["me"],
        summary="List one's own identity checks",
    ),
    retrieve=extend_schema(
        operation_id="identity_check_retrieve",
        tags=["me"],
        summary="See how one's own identity check stands",
    ),
)
class IdentityCheckViewSet(ReadViewSet):
    """The checks of whoever asks; the document itself is never sent back."""

    model = IdentityCheck
    serializer_class = IdentityCheckSerializer
    open_to_restricted = True

    @extend_schema(
        operation_id="identity_check_create",
        tags=["me"],
        summary="Hand in an identity document",
        request=IdentityCheckInputSerializer,
        responses={201: IdentityCheckSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Hand it in; staff looks at it and answers by a message."""
        user: Any = request.user
        values = read(IdentityCheckInputSerializer, request)
        check = submit_identity_check(
            person=user, check_id=values.pop("id", None), now=clock.now(), **values
        )
        return answer(
            check,
            request,
            IdentityCheckSerializer(check).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("identity-check-detail", args=[check.pk])},
        )

    @extend_schema(
        operation_id="identity_check_withdraw",
        tags=["me"],
        summary="Take back a document that nobody has decided about",
        request=None,
        responses={200: IdentityCheckSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: UUID) -> Response:
        """Take it back; its photos are deleted some weeks later."""
        user: Any = request.user
        check = withdraw_identity_check(check_id=pk, person=user, now=clock.now())
        return answer(check, request, IdentityCheckSerializer(check).data)
