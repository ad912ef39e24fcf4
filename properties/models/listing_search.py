"""Finding listings: phrases that chain, compiled to one statement on one table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point, Polygon
from django.db.models import Q
from django.db.models.lookups import Lookup

from lokahome.core.db.models import VisibleQuerySet
from properties.models.criteria import ListingCriteria
from properties.models.geo import UTM31N, WGS84, to_metres
from properties.models.homes import may_visit

if TYPE_CHECKING:  # the base class below names it in a string
    from properties.models.listings import Listing  # noqa: F401 - named in a string

PUBLISHED = "published"
OPEN = ("draft", "submitted", "needs_changes", "published", "paused")


@models.CharField.register_lookup
class Literally(Lookup[str]):
    """``status__literally="published"``: the word stands in the SQL, not a parameter.

    Prepared statements get one plan for all parameters; only a literal lets that plan
    use an index that holds published rows alone.
    """

    lookup_name = "literally"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return ``column = 'word'``; raises ValueError for anything but a word."""
        column, params = self.process_lhs(compiler, connection)
        word = str(self.rhs)
        if not re.fullmatch(r"[a-z_]+", word):
            raise ValueError("a word of the code is expected")
        return f"{column} = '{word}'", tuple(params)


class NearestFirst(models.Func):
    """``point_m <-> point``: the operator that a GiST index answers in order."""

    template = "%(expressions)s"
    arg_joiner = " <-> "
    output_field = models.FloatField()


class ListingQuerySet(VisibleQuerySet["Listing"]):
    """Listings: published ones are everybody's, the others their owner's or agency's."""

    def visible_to(self, user: Any) -> Self:
        """Return what is published, what *user* owns and what *user* applied for.

        In an agency's context: what is published, and what it may handle.
        """
        if not user.is_authenticated:
            return self.published()
        if user.context is not None:
            return self.filter(
                Q(status__literally=PUBLISHED)
                | Q(unit_id__in=_units_to_let(user.context.agency_id))
            )
        from properties.models.applications import Application

        applied = Application.objects.filter(tenant_id=user.pk)
        # A subquery, not a join: rows stay single, so search can walk its index.
        return self.filter(
            Q(status__literally=PUBLISHED)
            | Q(landlord_id=user.pk)
            | Q(pk__in=applied.values("listing_id"))
        )

    def entrusted_to(self, agency_id: UUID) -> Self:
        """Return the listings that the agency may handle by a mandate of today."""
        return self.filter(unit_id__in=_units_to_let(agency_id))

    def handled_by(self, agency_id: UUID) -> Self:
        """Return the listings that the agency has taken over, under a mandate of today."""
        return self.entrusted_to(agency_id).filter(agency_id=agency_id)

    def mine(self, user: Any) -> Self:
        """Return one's own, in every state; in a context what the agency may handle."""
        if user.is_authenticated and user.context is not None:
            return self.entrusted_to(user.context.agency_id)
        return self.filter(landlord_id=user.pk)

    def steered_by(self, user: Any) -> Self:
        """Return the listings that *user* may change: one's own, or the agency's.

        In an agency's context nothing of one's own is within reach.
        """
        if user.context is None:
            return self.filter(landlord_id=user.pk)
        if not may_visit(user.context.role):
            return self.none()
        return self.handled_by(user.context.agency_id)

    def published(self) -> Self:
        """Return the listings that anyone may find."""
        return self.filter(status__literally=PUBLISHED)

    def open(self) -> Self:
        """Return the listings whose life goes on; a unit has at most one."""
        return self.filter(status__in=OPEN)

    def awaiting_review(self) -> Self:
        """Return what moderators have to look at, longest waiting first."""
        return self.filter(status="submitted").order_by("submitted_at", "id")

    def matching(self, criteria: ListingCriteria) -> Self:
        """Return the listings that meet every part of *criteria*."""
        return self.filter(criteria.condition())

    def near(self, point: Point, radius_m: int) -> Self:
        """Return the listings within *radius_m* of *point* (EPSG:32631), by distance.

        Annotates ``distance`` (metres). The caller slices: an order by distance alone is
        what the index can walk; an id beside it would make it sort everything.
        """
        here = models.Value(point, output_field=models.PointField(srid=UTM31N))
        return (
            self.filter(point_m__dwithin=(point, radius_m))
            .annotate(distance=NearestFirst("point_m", here))
            .order_by("distance")
        )

    def within(self, west: float, south: float, east: float, north: float) -> Self:
        """Return the listings whose public point lies in a box of WGS 84 degrees."""
        box = Polygon.from_bbox((west, south, east, north))
        box.srid = WGS84
        corners = [to_metres(x, y) for x in (west, east) for y in (south, north)]
        xs, ys = [x for x, _y in corners], [y for _x, y in corners]
        # The box in metres is what the index holds; it is a little larger, as meridians
        # converge, so the box in degrees decides.
        metres = Polygon.from_bbox((min(xs), min(ys), max(xs), max(ys)))
        metres.srid = UTM31N
        return self.filter(point_m__bboverlaps=metres, public_point__coveredby=box)


def _units_to_let(agency_id: UUID) -> Any:
    from properties.models.mandates import Mandate

    held = Mandate.objects.in_force().filter(agency_id=agency_id, includes_listing=True)
    return held.values("unit_id")
