"""Is a pin in Benin, and is it where the address says?"""

from __future__ import annotations

import json
import math
from functools import cache

from django.contrib.gis.geos import GEOSGeometry, Point
from django.contrib.gis.geos.prepared import PreparedGeometry
from django.utils.translation import gettext as _

from lokahome.core.errors import FieldError, InvalidInput
from properties.models import Division
from properties.models.geo import to_metres
from properties.services.places import DATA

FAR_METRES = {
    Division.Level.QUARTIER: 5_000,
    Division.Level.ARRONDISSEMENT: 12_000,
    Division.Level.COMMUNE: 35_000,
    Division.Level.DEPARTMENT: 120_000,
}
"""Beyond it a pin and a division, known to this precision, contradict each other."""


class PinOutsideBenin(InvalidInput):
    """The pin lies outside Benin (the outline is generous by a kilometre)."""

    code = "property.pin_outside_benin"

    def default_detail(self) -> str:
        return _("Ce point est hors du Bénin.")


@cache
def _outline() -> tuple[GEOSGeometry, PreparedGeometry]:
    feature = json.loads((DATA / "outline.geojson").read_text(encoding="utf-8"))
    # GEOSGeometry reads GeoJSON as WGS 84. The geometry is kept: preparing borrows it.
    geometry = GEOSGeometry(json.dumps(feature["geometry"]))
    return geometry, geometry.prepared


def is_in_benin(point: Point) -> bool:
    """Whether the WGS 84 *point* lies in Benin."""
    return bool(_outline()[1].covers(point))


def require_in_benin(point: Point, *, pointer: str) -> None:
    """Raise PinOutsideBenin, with the JSON *pointer* of the field, for a pin abroad."""
    if not is_in_benin(point):
        detail = _("Ce point est hors du Bénin.")
        raise PinOutsideBenin(
            errors=[FieldError("property.pin_outside_benin", detail, pointer)]
        )


def pin_warnings(pin: Point, division: Division) -> list[FieldError]:
    """Return warnings about a *pin* that is far from the *division* it is said to be in.

    A warning and no refusal: the division's own coordinates may be its ancestor's.
    """
    if division.point is None or not division.precision:
        return []
    here, there = to_metres(pin.x, pin.y), to_metres(division.point.x, division.point.y)
    if math.dist(here, there) <= FAR_METRES[Division.Level(division.precision)]:
        return []
    detail = _("Ce point est loin de « %s » : vérifiez l’un ou l’autre.")
    return [FieldError("property.pin_far", detail % division.name, "/pin")]
