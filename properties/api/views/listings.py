"""Listings: searching, writing, photos, and the steps of who steers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.standing import InGoodStanding
from lokahome.core import clock
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.pagination import bad_parameter
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ReadViewSet
from lokahome.core.errors import NotAllowed
from properties.api.filters import ListingFilter
from properties.api.pagination import ListingPagination
from properties.api.serializers.listings import (
    ListingCardSerializer,
    ListingInputSerializer,
    ListingPatchSerializer,
    ListingSerializer,
    PhotoInputSerializer,
    PhotoSerializer,
)
from properties.api.views.shared import (
    IF_MATCH,
    created,
    read,
    require_own_name,
    signed_in,
)
from properties.models import Listing
from properties.policies import roles_on_listing
from properties.queries.public import COVERS
from properties.services.handling import give_back_handling, take_handling
from properties.services.listings import (
    create_listing,
    edit_listing,
    mark_listing_let,
    pause_listing,
    resume_listing,
    submit_listing,
)
from properties.services.photos import add_photo, remove_photo

VIEW = OpenApiParameter(
    name="view",
    type=str,
    enum=["card", "detail"],
    description="How much of each listing: `card` in lists, `detail` for one.",
)
SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-published_at", "-id"),
    "cheapest": ("rent", "id"),
    "dearest": ("-rent", "-id"),
    "entry_total": ("entry_total", "id"),
}


@extend_schema_view(
    list=extend_schema(
        operation_id="listing_list",
        summary="Search listings, or list one's own",
        parameters=[VIEW],
    ),
    retrieve=extend_schema(
        operation_id="listing_retrieve", summary="Read a listing", parameters=[VIEW]
    ),
)
class ListingViewSet(ReadViewSet):
    """Published listings are everybody's; drafts are their owner's."""

    model = Listing
    serializer_class = ListingSerializer
    open_to_restricted = ("pause", "letting")
    filterset_class = ListingFilter
    pagination_class = ListingPagination
    permission_classes = [IsAuthenticatedOrReadOnly, InGoodStanding]
    parser_classes = (JSONParser, MergePatchParser)
    sorts = SORTS

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join the names of places, and fetch the photos that this view shows."""
        rows = queryset.select_related("division", "commune", "landmark")
        if self.detail_view() == "card":
            return rows.prefetch_related(COVERS)
        return rows.select_related("agency").prefetch_related("photos", "entry_costs")

    def detail_view(self) -> str:
        """Return ``card`` or ``detail``; raises BadParameter."""
        default = "card" if self.action == "list" else "detail"
        view = self.request.query_params.get("view", default)
        if view not in ("card", "detail"):
            raise bad_parameter("view", "card, detail")
        return view

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the serializer of this view."""
        if self.action in ("list", "retrieve") and self.detail_view() == "card":
            return ListingCardSerializer
        return ListingSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page."""
        if request.query_params.get("mine"):
            # Drafts have no moment of publication.
            self.sorts = {"newest": ("-id",)}
        return super().list(request, *args, **kwargs)

    def fresh(self, pk: UUID) -> Response:
        """Return the listing as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="listing_create",
        summary="Draft a listing of a unit",
        request=ListingInputSerializer,
        responses={201: ListingSerializer},
    )
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Draft it; submit it when its photos are there."""
        require_own_name(request)
        values = read(ListingInputSerializer, request)
        row = create_listing(
            landlord=signed_in(request),
            listing_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        data = self.get_serializer(row).data
        return created(row, request, data, name="listings-detail")

    @extend_schema(
        operation_id="listing_update",
        summary="Change a listing",
        parameters=[IF_MATCH],
        request=ListingPatchSerializer,
        responses={200: ListingSerializer},
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change it; a rent that differs by 30 % goes back to review."""
        changes = read(ListingPatchSerializer, request, partial=True)
        self.as_steering()
        with transaction.atomic():
            require_if_match(request, self.visible_locked())
            edit_listing(
                listing_id=pk,
                actor=signed_in(request),
                changes=changes,
                now=clock.now(),
            )
        return self.fresh(pk)

    def as_steering(self) -> None:
        """Raise NotFound for what one may not see, NotAllowed for what is not one's.

        A listing is its owner's, and its agency's while that handles it.
        """
        if not roles_on_listing(self.request.user, self.visible()):
            raise NotAllowed

    def step(self, request: Request, pk: UUID, take: Callable[..., Any]) -> Response:
        """Take a step of whoever steers it and return the listing."""
        self.as_steering()
        take(listing_id=pk, actor=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="listing_submit",
        summary="Submit a listing to moderators",
        request=None,
        responses={200: ListingSerializer},
    )
    @action(detail=True, methods=["post"])
    def submission(self, request: Request, pk: UUID) -> Response:
        """Submit it; all that is missing is said at once."""
        return self.step(request, pk, submit_listing)

    @extend_schema(
        operation_id="listing_pause",
        summary="Hide a listing for a while",
        request=None,
        responses={200: ListingSerializer},
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Hide it."""
        return self.step(request, pk, pause_listing)

    @extend_schema(
        operation_id="listing_resume",
        summary="Show a paused listing again",
        request=None,
        responses={200: ListingSerializer},
    )
    @action(detail=True, methods=["post"])
    def resumption(self, request: Request, pk: UUID) -> Response:
        """Show it."""
        return self.step(request, pk, resume_listing)

    @extend_schema(
        operation_id="listing_let",
        summary="Say that the home was let elsewhere",
        request=None,
        responses={200: ListingSerializer},
    )
    @action(detail=True, methods=["post"])
    def letting(self, request: Request, pk: UUID) -> Response:
        """End it."""
        return self.step(request, pk, mark_listing_let)

    @extend_schema(
        operation_id="listing_photo_create",
        summary="Attach an upload as the next photo",
        request=PhotoInputSerializer,
        responses={201: PhotoSerializer},
    )
    @action(detail=True, methods=["post"])
    def photos(self, request: Request, pk: UUID) -> Response:
        """Attach it; the same upload again is the same photo."""
        self.as_steering()
        photo = add_photo(
            listing_id=pk,
            actor=signed_in(request),
            now=clock.now(),
            **read(PhotoInputSerializer, request),
        )
        data = PhotoSerializer(photo).data
        headers = {"Location": f"{request.path}/{photo.pk}"}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(
        operation_id="listing_photo_destroy",
        summary="Take a photo off",
        responses={204: None},
    )
    @action(
        detail=True,
        methods=["delete"],
        url_path="photos/<uuid:photo_id>",
        url_name="photo",
    )
    def photo(self, request: Request, pk: UUID, photo_id: UUID) -> Response:
        """Take it off; again is harmless."""
        self.as_steering()
        remove_photo(
            listing_id=pk,
            actor=signed_in(request),
            photo_id=photo_id,
            now=clock.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="listing_handling_create",
        summary="Answer for a listing in an agency's name",
        methods=["POST"],
        request=None,
        responses={200: ListingSerializer},
    )
    @extend_schema(
        operation_id="listing_handling_destroy",
        summary="Answer for a listing no more",
        methods=["DELETE"],
        responses={204: None},
    )
    @action(detail=True, methods=["post", "delete"])
    def handling(self, request: Request, pk: UUID) -> Response:
        """Take it over under a mandate that includes it, or give it back."""
        by: dict[str, Any] = {
            "listing_id": pk,
            "actor": signed_in(request),
            "now": clock.now(),
        }
        if request.method == "DELETE":
            give_back_handling(**by)
            return Response(status=status.HTTP_204_NO_CONTENT)
        take_handling(**by)
        return self.fresh(pk)
