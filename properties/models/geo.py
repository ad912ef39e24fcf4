"""Places on the ground: folded names, metres, cells, and the public point of a home.

All of Benin (0.77-3.85 E) lies in UTM zone 31N (EPSG:32631), so metres are planar there
and an index on planar points answers "nearest" exactly.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import unicodedata

from django.conf import settings
from django.contrib.gis.geos import Point

WGS84 = 4326
UTM31N = 32631
CELL_METRES = 250
MARGIN_METRES = 5
"""Kept free at a cell's edges, so that rounding to six decimals never leaves it."""

_A, _F = 6_378_137.0, 1 / 298.257223563
_N = _F / (2 - _F)
_RADIUS = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_K0, _EASTING, _MERIDIAN = 0.9996, 500_000.0, math.radians(3)
_ALPHA = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16,
    13 * _N**2 / 48 - 3 * _N**3 / 5,
    61 * _N**3 / 240,
)
_BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96,
    _N**2 / 48 + _N**3 / 15,
    17 * _N**3 / 480,
)
_DELTA = (
    2 * _N - 2 * _N**2 / 3 - 2 * _N**3,
    7 * _N**2 / 3 - 8 * _N**3 / 5,
    56 * _N**3 / 15,
)
_E = 2 * math.sqrt(_N) / (1 + _N)


def fold(text: str) -> str:
    """Return *text* without case, accents, hyphens, apostrophes or double spaces."""
    text = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    # Open e and open o of Fon and Yoruba names have no decomposition.
    bare = bare.replace("ɛ", "e").replace("ɔ", "o").replace("ɖ", "d")
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def to_metres(lng: float, lat: float) -> tuple[float, float]:
    """Return (easting, northing) in EPSG:32631 of a WGS 84 point, to a millimetre.

    Krüger's series, so that a request needs no database for it: a parameter that the
    planner sees as a plain point keeps the generic plan on the index.
    """
    phi, lam = math.radians(lat), math.radians(lng) - _MERIDIAN
    t = math.sinh(math.atanh(math.sin(phi)) - _E * math.atanh(_E * math.sin(phi)))
    xi, eta = math.atan2(t, math.cos(lam)), math.asinh(
        math.sin(lam) / math.hypot(t, math.cos(lam))
    )
    x = eta + sum(
        a * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
        for j, a in enumerate(_ALPHA, 1)
    )
    y = xi + sum(
        a * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
        for j, a in enumerate(_ALPHA, 1)
    )
    return _EASTING + _K0 * _RADIUS * x, _K0 * _RADIUS * y


def to_degrees(easting: float, northing: float) -> tuple[float, float]:
    """Return (lng, lat) in WGS 84 of a point of EPSG:32631; inverse of `to_metres`."""
    xi, eta = northing / (_K0 * _RADIUS), (easting - _EASTING) / (_K0 * _RADIUS)
    x = eta - sum(
        b * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
        for j, b in enumerate(_BETA, 1)
    )
    y = xi - sum(
        b * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
        for j, b in enumerate(_BETA, 1)
    )
    chi = math.asin(math.sin(y) / math.cosh(x))
    phi = chi + sum(d * math.sin(2 * j * chi) for j, d in enumerate(_DELTA, 1))
    lam = _MERIDIAN + math.atan2(math.sinh(x), math.cos(y))
    return math.degrees(lam), math.degrees(phi)


def metric_point(point: Point) -> Point:
    """Return the WGS 84 *point* in metres (EPSG:32631)."""
    return Point(*to_metres(point.x, point.y), srid=UTM31N)


def cell_of(point: Point) -> tuple[int, int]:
    """Return the CELL_METRES grid cell (column, row) that holds the WGS 84 *point*."""
    x, y = to_metres(point.x, point.y)
    return math.floor(x / CELL_METRES), math.floor(y / CELL_METRES)


def blurred(pin: Point, unit_id: object) -> Point:
    """Return the public point of a home: its grid cell, and a place inside from a key.

    The place comes from HMAC(LOCATION_BLUR_KEY, unit id) alone: it is the same on every
    call, differs between units of one building, and does not depend on where in the cell
    the *pin* lies, so averaging any number of them gives the cell and nothing finer.
    """
    key = settings.LOCATION_BLUR_KEY.encode()
    digest = hmac.new(key, str(unit_id).encode(), hashlib.sha256).digest()
    room = CELL_METRES - 2 * MARGIN_METRES
    right = int.from_bytes(digest[:8]) / 2**64 * room + MARGIN_METRES
    up = int.from_bytes(digest[8:16]) / 2**64 * room + MARGIN_METRES
    column, row = cell_of(pin)
    lng, lat = to_degrees(column * CELL_METRES + right, row * CELL_METRES + up)
    return Point(round(lng, 6), round(lat, 6), srid=WGS84)
