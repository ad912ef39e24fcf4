"""Base viewsets: what a person may not see does not exist, checked at start-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from lokahome.core.api.conditional import answer
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAuthenticated, NotFound


def actor_id(request: Request) -> UUID:
    """Return the id of the person who asks; raises NotAuthenticated."""
    if request.user.pk is None:
        raise NotAuthenticated
    return request.user.pk


class ApiRouter(SimpleRouter):
    """Routes without a trailing slash, ids in UUID form only."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)


class LokaViewSet(GenericViewSet[Any]):
    """A viewset over ``model``, whose manager must say ``visible_to(user)``.

    ``get_queryset`` is the only way to rows, so another person's object is a 404. A
    subclass narrows it with `rows` (select_related, annotations), never by replacing
    `get_queryset`: start-up refuses that.
    """

    model: ClassVar[type[Model] | None] = None
    lookup_value_converter = "uuid"
    sorts: Mapping[str, tuple[str, ...]] = {"newest": ("-id",)}
    extra_parameters: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.model is None:
            return
        if not hasattr(cls.model._default_manager.all(), "visible_to"):
            raise ImproperlyConfigured(
                f"{cls.model.__name__} does not say who may see it (visible_to)"
            )
        if cls.get_queryset is not LokaViewSet.get_queryset:
            raise ImproperlyConfigured(
                f"{cls.__name__} replaces get_queryset; narrow it with rows()"
            )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that this request's person may see, as `rows` shapes them."""
        if self.model is None:
            raise ImproperlyConfigured(f"{type(self).__name__} has no model")
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        manager: Any = self.model._default_manager
        rows: QuerySet[Any] = manager.all().visible_to(self.request.user)
        return self.rows(rows)

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Shape the visible rows for this view; the default leaves them as they are."""
        return queryset

    def visible(self, pk: UUID | str | None = None) -> Any:
        """Return the object of this path; raises NotFound."""
        pk = pk or self.kwargs["pk"]
        row = self.get_queryset().filter(pk=pk).first()
        if row is None:
            raise NotFound
        return row

    def visible_locked(self, pk: UUID | None = None) -> Any:
        """Return the object of this path, locked; call it inside a transaction."""
        queryset = self.get_queryset()
        return locked(queryset, pk or self.kwargs["pk"])


class ReadViewSet(RetrieveModelMixin, ListModelMixin, LokaViewSet):
    """List and retrieve, with ETag on the single object."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one object, or 304; an unknown parameter is refused."""
        refuse_unknown(request, set(self.extra_parameters))
        row = self.visible()
        return answer(row, request, self.get_serializer(row).data)
