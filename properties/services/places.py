"""Loading divisions, places and landmarks of Benin from the project's own copy."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import Model

from lokahome.core import clock
from lokahome.core.db.locks import advisory_lock
from lokahome.core.ids import uuid7
from properties.models import Division, Landmark, Place, PlaceLoad
from properties.models.geo import WGS84, fold, to_metres

DATA = Path(__file__).resolve().parent.parent / "data" / "benin"
FILES = ("divisions.csv", "osm_places.csv", "osm_landmarks.csv")
LOADER_VERSION = "1"
"""Raise it when the same files would give other rows."""

REACH_METRES = 45_000
"""A locality this far from its commune's town is another one of the same name."""
LOCALITY_KINDS = {"city", "town", "suburb", "neighbourhood", "village", "hamlet"}

NEAREST_LOCALITY = """
UPDATE properties_landmark l SET locality_id = p.id
FROM properties_landmark m CROSS JOIN LATERAL (
  SELECT id FROM properties_place
  WHERE kind IN ('city', 'town', 'suburb', 'neighbourhood', 'village')
  ORDER BY point_m <-> m.point_m LIMIT 1) p
WHERE m.id = l.id AND l.locality_id IS DISTINCT FROM p.id
"""


def places_digest() -> str:
    """Return the digest of the files and of this loader's version."""
    digest = hashlib.sha256(LOADER_VERSION.encode())
    for name in FILES:
        digest.update((DATA / name).read_bytes())
    return digest.hexdigest()


def load_places() -> bool:
    """Bring the rows up to the files; return False when they already were.

    Idempotent: rows are found again by their source key, so ids never change and
    addresses that point to them stay true. Takes an advisory lock; a second process
    waits, then finds nothing to do. Source of the data: `properties/data/benin`.
    """
    digest = places_digest()
    if PlaceLoad.objects.filter(name="benin", digest=digest).exists():
        return False
    with transaction.atomic():
        advisory_lock("places", "benin")
        if PlaceLoad.objects.filter(name="benin", digest=digest).exists():
            return False
        _load_localities()
        _load_landmarks()
        _load_divisions()
        with connection.cursor() as cursor:
            cursor.execute(NEAREST_LOCALITY)
        PlaceLoad.objects.update_or_create(
            name="benin", defaults={"digest": digest, "loaded_at": clock.now()}
        )
    return True


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _point(row: dict[str, str]) -> Point:
    return Point(float(row["lng"]), float(row["lat"]), srid=WGS84)


def _upsert(
    model: type[Model], rows: Iterable[Model], *, key: str, fields: list[str]
) -> None:
    model._default_manager.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=fields,
    )


def _load_localities() -> None:
    ids = dict(Place.objects.values_list("osm_node", "pk"))
    rows = [
        Place(
            id=ids.get(int(row["osm_node"])) or uuid7(),
            osm_node=int(row["osm_node"]),
            kind=row["kind"].casefold(),
            name=row["name"],
            search_name=fold(row["name"]),
            point=_point(row),
            population=int(row["population"]) if row["population"].isdigit() else None,
        )
        for row in _read("osm_places.csv")
        if row["kind"] not in {"country", "state", "region"}
    ]
    fields = ["kind", "name", "search_name", "point", "population"]
    _upsert(Place, rows, key="osm_node", fields=fields)


def _load_landmarks() -> None:
    ids = dict(Landmark.objects.values_list("osm_node", "pk"))
    rows = [
        Landmark(
            id=ids.get(int(row["osm_node"])) or uuid7(),
            osm_node=int(row["osm_node"]),
            tag=row["tag"],
            kind=row["kind"].casefold()[:40],
            name=row["name"][:160],
            search_name=fold(row["name"])[:160],
            point=_point(row),
        )
        for row in _read("osm_landmarks.csv")
    ]
    fields = ["tag", "kind", "name", "search_name", "point"]
    _upsert(Landmark, rows, key="osm_node", fields=fields)


def display_name(capitals: str) -> str:
    """Return a name of the list, which has capitals only, as people write it."""
    words = re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), capitals)
    return re.sub(r"\b(\d+)(Er|Eme|Em|E) Arrondissement", r"\1e arrondissement", words)


class _Localities:
    """The OpenStreetMap localities by folded name, to give divisions coordinates."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[Place]] = defaultdict(list)
        for place in Place.objects.filter(kind__in=LOCALITY_KINDS):
            self.by_name[place.search_name].append(place)

    def town(self, name: str) -> Place | None:
        named = self.by_name.get(name, [])
        towns = [place for place in named if place.kind in {"city", "town"}] or named
        return towns[0] if len(towns) == 1 else None

    def within_reach(self, name: str, centres: list[Point]) -> Place | None:
        """Return the one locality *name* near a centre; None when none or several."""
        found = {
            place.pk: place
            for place in self.by_name.get(name, ())
            for centre in centres
            if _metres(place.point, centre) <= REACH_METRES
        }
        return next(iter(found.values())) if len(found) == 1 else None


def _metres(one: Point, other: Point) -> float:
    return math.dist(to_metres(one.x, one.y), to_metres(other.x, other.y))


def _load_divisions() -> None:
    levels = [level.value for level in Division.Level]
    by_level: dict[str, list[Division]] = {level: [] for level in levels}
    known = dict(Division.objects.values_list("source_key", "pk"))
    counts: dict[str, int] = defaultdict(int)
    for row in _read("divisions.csv"):
        parts = (row["level"], row["code"], row["parent_code"] or "-", row["name"])
        base = "/".join(parts)[:110]
        counts[base] += 1
        key = f"{base}/{counts[base]}"
        division = Division(
            id=known.get(key) or uuid7(),
            source_key=key,
            level=row["level"],
            code=row["code"],
            name=display_name(row["name"]),
            search_name=fold(row["name"]),
            parent_code=row["parent_code"] or "",
        )
        by_level[division.level].append(division)
    _link(by_level, levels)
    _place(by_level)
    fields = ["level", "code", "name", "search_name", "parent", "parent_code"]
    fields += ["commune", "is_ambiguous", "point", "precision"]
    for level in levels:
        _upsert(Division, by_level[level], key="source_key", fields=fields)


def _link(by_level: dict[str, list[Division]], levels: list[str]) -> None:
    """Give each division its parent and commune; mark what could have several."""
    for upper, level in pairwise(levels):
        by_code: dict[str, list[Division]] = defaultdict(list)
        for division in by_level[upper]:
            by_code[division.code].append(division)
        for division in by_level[level]:
            parents = by_code[division.parent_code]
            division.is_ambiguous = len(parents) > 1
            division.parent = parents[0] if len(parents) == 1 else None
            if level == Division.Level.COMMUNE:
                division.commune = division
            elif division.parent is not None:
                division.commune = division.parent.commune


def _place(by_level: dict[str, list[Division]]) -> None:
    """Give each division coordinates: its own, else its nearest known ancestor's."""
    localities = _Localities()
    communes = by_level[Division.Level.COMMUNE]
    for commune in communes:
        _take(commune, localities.town(commune.search_name))
    for department in by_level[Division.Level.DEPARTMENT]:
        points = [c.point for c in communes if c.parent is department and c.point]
        if points:
            x = sum(p.x for p in points) / len(points)
            y = sum(p.y for p in points) / len(points)
            department.point = Point(x, y, srid=WGS84)
            department.precision = Division.Level.DEPARTMENT
    candidates: dict[str, list[Division]] = defaultdict(list)
    for division in by_level[Division.Level.ARRONDISSEMENT]:
        candidates[division.code].append(division)
    for level in (Division.Level.ARRONDISSEMENT, Division.Level.QUARTIER):
        for division in by_level[level]:
            around = (
                [division.commune]
                if division.commune
                else [item.commune for item in candidates[division.parent_code]]
            )
            centres = [c.point for c in around if c is not None and c.point]
            _take(division, _locality_of(division.search_name, localities, centres))
    for level in list(Division.Level)[1:]:
        for division in by_level[level]:
            if division.point is None and division.parent is not None:
                division.point = division.parent.point
                division.precision = division.parent.precision


def _locality_of(
    name: str, localities: _Localities, centres: list[Point]
) -> Place | None:
    """Return the locality of a division's *name*, or of its first words.

    Quartiers of towns are parts of what people call the quartier: « Cadjèhoun Gare ».
    """
    words = name.split()
    for length in range(len(words), 0, -1):
        start = " ".join(words[:length])
        if length == len(words) or len(start) >= 5:
            place = localities.within_reach(start, centres)
            if place is not None:
                return place
    return None


def _take(division: Division, place: Place | None) -> None:
    if place is None:
        return
    division.point = place.point
    division.precision = Division.Level(division.level)
    if place.search_name == division.search_name and not place.name.isupper():
        division.name = place.name  # it has the accents that the list lost
