"""What the views of homes share: reading input, the If-Match header in the schema."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from lokahome.core.api.conditional import answer
from lokahome.core.errors import NotAllowed
from properties.policies import may_offer_homes

IF_MATCH = OpenApiParameter(
    name="If-Match",
    type=str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The ETag that was read.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    type={"type": "string", "format": "uuid"},
    location=OpenApiParameter.HEADER,
    required=True,
    description="Made by the client; the same for every retry of one wish.",
)


def read(
    serializer_class: type[serializers.BaseSerializer[Any]],
    request: Request,
    *,
    partial: bool = False,
) -> dict[str, Any]:
    """Return the valid input of *request*; raises DRF's ValidationError."""
    serializer = serializer_class(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def signed_in(request: Request) -> User:
    """Return who asks, on paths that need somebody."""
    user: Any = request.user
    person: User = user
    return person


def require_role(role: object, held: Collection[object]) -> None:
    """Raise NotAllowed unless *role* is *held*: the object may be seen, not moved."""
    if role not in held:
        raise NotAllowed


def require_own_name(request: Request) -> None:
    """Raise NotAllowed in an agency's context: agencies own nothing."""
    if not may_offer_homes(request.user):
        raise NotAllowed


def created(row: Any, request: Request, data: Any, *, name: str) -> Response:
    """Return 201 with the object, its ETag and its Location."""
    headers = {"Location": reverse(name, args=[row.pk])}
    return answer(row, request, data, status=status.HTTP_201_CREATED, headers=headers)
