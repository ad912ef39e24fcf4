"""What the public pages list."""

from __future__ import annotations

from django.db.models import Prefetch

from properties.models import Listing, ListingPhoto
from properties.models.criteria import ListingCriteria
from properties.models.geo import metric_point
from properties.models.listing_search import ListingQuerySet
from properties.queries.words import understand

COVERS = Prefetch(
    "photos",
    queryset=ListingPhoto.objects.order_by("listing_id", "position").distinct(
        "listing_id"
    ),
    to_attr="covers",
)
"""The first photo of each listing, in one query."""


def cards(rows: ListingQuerySet) -> ListingQuerySet:
    """Join and fetch what a card shows: two queries, however many cards."""
    joined = rows.select_related("division", "commune", "landmark")
    return joined.prefetch_related(COVERS)


def newest(*, limit: int) -> list[Listing]:
    """Return what was published last."""
    rows = Listing.objects.published().order_by("-published_at", "-id")
    return list(cards(rows)[:limit])


def search(text: str, *, rent_max: int | None, limit: int) -> tuple[list[Listing], str]:
    """Return what *text* asks for, nearest or newest first, and the place it names."""
    meaning = understand(text)
    rows = Listing.objects.published().matching(
        ListingCriteria(
            kinds=meaning.kinds,
            rent_max=rent_max,
            bedrooms_min=meaning.bedrooms_min,
            is_furnished=meaning.is_furnished,
            divisions=meaning.divisions,
            words=meaning.words,
        )
    )
    if meaning.point is not None:
        rows = rows.near(metric_point(meaning.point), meaning.radius_m)
    else:
        rows = rows.order_by("-published_at", "-id")
    place = meaning.place.name if meaning.place else ""
    return list(cards(rows)[:limit]), place
