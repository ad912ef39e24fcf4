"""What homes cost around here: context for moderators."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Aggregate, Count, IntegerField

from properties.models import Listing


class Median(Aggregate):
    """The middle value (PostgreSQL ``percentile_disc``)."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class Market:
    """The median rent of similar published homes, and how many they are."""

    median: int | None
    count: int


def market_around(listing: Listing) -> Market:
    """Return the median rent of published homes of the same kind in the commune."""
    similar = Listing.objects.published().exclude(pk=listing.pk)
    similar = similar.filter(commune_id=listing.commune_id, kind=listing.kind)
    found = similar.aggregate(median=Median("rent"), count=Count("pk"))
    return Market(median=found["median"], count=found["count"])
