"""What a search for listings may ask; everything else is a 400."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from properties.models import Listing, Mandate, Ticket, Unit
from properties.models.criteria import ListingCriteria
from properties.models.geo import WGS84, metric_point
from properties.models.listing_search import ListingQuerySet
from properties.queries.words import understand

MAX_RADIUS_METRES = 50_000
DEFAULT_RADIUS_METRES = 2_000


class NumbersField(forms.CharField):
    """*count* decimal numbers joined by commas."""

    def __init__(self, *, count: int, **kwargs: Any) -> None:
        self.count = count
        super().__init__(max_length=100, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the numbers, or None for an empty value."""
        text = super().clean(value)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != self.count or not all(-180 <= n <= 180 for n in numbers):
            raise ValidationError(
                _("%d nombres séparés par des virgules sont attendus.") % self.count
            )
        return numbers


class NearField(NumbersField):
    """``lat,lng``."""

    def clean(self, value: Any) -> Point | None:
        """Return the point (WGS 84)."""
        numbers = super().clean(value)
        if numbers is None:
            return None
        lat, lng = numbers
        # UTM 31N is exact near its meridian only; further away nothing is let here.
        if not (-2 <= lng <= 8 and 0 <= lat <= 20):
            raise ValidationError(_("Ce point est trop loin du Bénin."))
        return Point(lng, lat, srid=WGS84)


class BoxField(NumbersField):
    """``west,south,east,north``."""

    def clean(self, value: Any) -> tuple[float, ...] | None:
        """Return the four degrees."""
        box: tuple[float, ...] | None = super().clean(value)
        if box is not None and not (
            -2 <= box[0] < box[2] <= 8 and 0 <= box[1] < box[3] <= 20
        ):
            raise ValidationError(_("Un rectangle ouest,sud,est,nord est attendu."))
        return box


@extend_schema_field(OpenApiTypes.STR)
class NearFilter(filters.Filter):  # type: ignore[misc]  # no types
    """``near``."""

    field_class = NearField


@extend_schema_field(OpenApiTypes.STR)
class BoxFilter(filters.Filter):  # type: ignore[misc]  # no types
    """``bbox``."""

    field_class = BoxField


class YesNoField(forms.CharField):
    """``true`` or ``false``; anything else is a mistake, not a no."""

    def clean(self, value: Any) -> Any:
        """Return the boolean, or None for an empty value."""
        text = super().clean(value)
        if text not in ("", "true", "false"):
            raise ValidationError(_("« true » ou « false » est attendu."))
        return text == "true" if text else None


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(filters.Filter):  # type: ignore[misc]  # no types
    """A boolean that is not guessed."""

    field_class = YesNoField


class ListingFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /listings`; together they are one `ListingCriteria`."""

    q = filters.CharFilter(max_length=120, help_text="Words: home, place, landmark.")
    near = NearFilter(count=2, help_text="`lat,lng`; sorts by distance.")
    radius_m = filters.NumberFilter(
        min_value=100,
        max_value=MAX_RADIUS_METRES,
        decimal_places=0,
        help_text="With `near`; default 2000.",
    )
    bbox = BoxFilter(count=4, help_text="`west,south,east,north`.")
    kind = filters.ChoiceFilter(choices=Unit.Kind.choices)
    purpose = filters.ChoiceFilter(choices=Listing.Purpose.choices)
    sanitary = filters.ChoiceFilter(choices=Unit.Sanitary.choices)
    rent_min = filters.NumberFilter(min_value=0, max_value=10**9, decimal_places=0)
    rent_max = filters.NumberFilter(min_value=0, max_value=10**9, decimal_places=0)
    entry_total_max = filters.NumberFilter(
        min_value=0, max_value=10**9, decimal_places=0
    )
    bedrooms_min = filters.NumberFilter(min_value=0, max_value=20, decimal_places=0)
    furnished = YesNoFilter(help_text="`true` or `false`.")
    division = filters.UUIDFilter(help_text="A division or a commune.")
    landmark = filters.UUIDFilter(help_text="A landmark.")
    mine = YesNoFilter(
        help_text="`true`: one's own, or those an agency may handle, in every state."
    )
    status = filters.ChoiceFilter(
        choices=Listing.Status.choices, help_text="With `mine` only."
    )

    class Meta:
        model = Listing
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        """Return the listings asked for, nearest first when a point is given."""
        asked = self.form.cleaned_data
        rows = cast("ListingQuerySet", queryset)
        if asked["mine"]:
            rows = rows.mine(self.request.user)
            if asked["status"]:
                rows = rows.filter(status=asked["status"])
        else:
            rows = rows.published()
        has_point = asked["near"] is not None or asked["bbox"] is not None
        meaning = understand(asked["q"] or "", with_places=not has_point)
        divisions = meaning.divisions
        if asked["division"]:
            divisions = (asked["division"],)
        rows = rows.matching(
            ListingCriteria(
                kinds=(asked["kind"],) if asked["kind"] else meaning.kinds,
                purpose=asked["purpose"] or "",
                rent_min=_integer(asked["rent_min"]),
                rent_max=_integer(asked["rent_max"]),
                entry_total_max=_integer(asked["entry_total_max"]),
                bedrooms_min=_integer(asked["bedrooms_min"]) or meaning.bedrooms_min,
                is_furnished=(
                    meaning.is_furnished
                    if asked["furnished"] is None
                    else asked["furnished"]
                ),
                sanitary=(asked["sanitary"],) if asked["sanitary"] else (),
                divisions=divisions,
                landmark=asked["landmark"],
                words=meaning.words,
            )
        )
        if asked["bbox"] is not None:
            rows = rows.within(*asked["bbox"])
        point, radius = asked["near"], _integer(asked["radius_m"])
        if point is None and meaning.point is not None:
            point, radius = meaning.point, radius or meaning.radius_m
        if point is not None:
            radius = radius or DEFAULT_RADIUS_METRES
            rows = rows.near(metric_point(point), radius)
        return rows


class TicketFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /tickets`."""

    lease = filters.UUIDFilter(field_name="lease_id", help_text="Of one lease.")
    status = filters.ChoiceFilter(choices=Ticket.Status.choices)
    urgency = filters.ChoiceFilter(choices=Ticket.Urgency.choices)

    class Meta:
        model = Ticket
        fields: tuple[str, ...] = ()


class MandateFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /mandates`."""

    unit = filters.UUIDFilter(field_name="unit_id", help_text="Of one unit.")
    status = filters.ChoiceFilter(choices=Mandate.Status.choices)

    class Meta:
        model = Mandate
        fields: tuple[str, ...] = ()


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)
