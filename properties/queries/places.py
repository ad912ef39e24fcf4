"""Finding places by what people type: accents, hyphens and slips do not matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import (
    Case,
    F,
    FloatField,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Length

from properties.models import Division, Landmark, Place
from properties.models.geo import fold

ATTRIBUTION = "© OpenStreetMap contributors (ODbL 1.0) ; location_data_bj (Apache-2.0)"
LOOSE_SIMILARITY = 0.4
"""When nothing passes pg_trgm's own threshold (0.6), slips this big are let through."""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place that a text may mean. ``precision`` tells whose coordinates it has."""

    kind: str
    id: UUID
    name: str
    context: str
    category: str
    point: Point | None
    precision: str
    score: float


def search_places(text: str, *, limit: int = 10) -> list[FoundPlace]:
    """Return the divisions, localities and landmarks that *text* may mean, best first.

    Three queries, six when the text is badly misspelt. An empty text finds nothing.
    """
    wanted = fold(text)[:80]
    if len(wanted) < 2:
        return []
    found = _search(wanted, limit, loose=False)
    if not found and len(wanted) >= 4:
        found = _search(wanted, limit, loose=True)
    found.sort(key=lambda place: (-place.score, len(place.name), place.name))
    return found[:limit]


def _search(wanted: str, limit: int, *, loose: bool) -> list[FoundPlace]:
    divisions = _matching(Division, wanted, limit, loose).select_related(
        "parent", "commune"
    )
    localities = _matching(Place, wanted, limit, loose)
    landmarks = _matching(Landmark, wanted, limit, loose).select_related("locality")
    return [
        *(_division(row) for row in divisions),
        *(_locality(row) for row in localities),
        *(_landmark(row) for row in landmarks),
    ]


def _matching(
    model: type[Model], wanted: str, limit: int, loose: bool
) -> QuerySet[Any]:
    similarity = TrigramWordSimilarity(wanted, "search_name")
    rows: QuerySet[Any] = model._default_manager.annotate(
        similarity=similarity,
        bonus=Case(
            When(search_name=wanted, then=Value(1.0)),
            When(search_name__startswith=wanted, then=Value(0.3)),
            default=Value(0.0),
            output_field=FloatField(),
        ),
        length=Length("search_name", output_field=IntegerField()),
    )
    if loose:
        rows = rows.filter(similarity__gte=LOOSE_SIMILARITY)
    else:
        rows = rows.filter(
            Q(search_name__trigram_word_similar=wanted)
            | Q(search_name__startswith=wanted)
        )
    score = F("similarity") + F("bonus")
    ranked: QuerySet[Any] = rows.annotate(score=score).order_by(
        "-score", "length", "id"
    )
    return ranked[:limit]


WEIGHT = {
    "department": -0.02,
    "commune": 0.06,
    "arrondissement": 0.03,
    "quartier": 0.0,
    "city": 0.05,
    "town": 0.04,
    "suburb": 0.02,
    "neighbourhood": 0.01,
}
"""Among equal names the larger place is meant more often."""


def _division(row: Division) -> FoundPlace:
    context = [row.parent.name] if row.parent else []
    if row.commune and row.commune.name not in (row.name, *context):
        context.append(row.commune.name)
    return FoundPlace(
        kind="division",
        id=row.pk,
        name=row.name,
        context=", ".join(context),
        category=row.level,
        point=row.point,
        precision=row.precision or "unknown",
        # Of two equal names the division comes first: it can be an address.
        score=_score(row) + WEIGHT.get(row.level, 0) + (0.03 if _is_exact(row) else 0),
    )


def _locality(row: Place) -> FoundPlace:
    return FoundPlace(
        kind="locality",
        id=row.pk,
        name=row.name,
        context="",
        category=row.kind.replace(" ", "_"),
        point=row.point,
        precision="exact",
        score=_score(row) + WEIGHT.get(row.kind, -0.01),
    )


def _landmark(row: Landmark) -> FoundPlace:
    return FoundPlace(
        kind="landmark",
        id=row.pk,
        name=row.name,
        context=row.locality.name if row.locality else "",
        category=row.kind.replace(" ", "_"),
        point=row.point,
        precision="exact",
        score=_score(row) - 0.02,
    )


def _score(row: Any) -> float:
    return float(row.score)


def _is_exact(row: Any) -> bool:
    return bool(row.bonus == 1.0)


def commune_of(division: Division, pin: Point) -> Division | None:
    """Return the commune of a *division*; of an ambiguous one, the nearest to *pin*."""
    if division.commune is not None or not division.is_ambiguous:
        return division.commune
    candidates = Division.objects.filter(
        level=Division.Level.ARRONDISSEMENT, code=division.parent_code
    ).select_related("commune")
    communes = [item.commune for item in candidates if item.commune]
    placed = [(c.point.distance(pin), str(c.pk), c) for c in communes if c.point]
    return min(placed)[2] if placed else None
