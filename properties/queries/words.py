"""What the free words of a search mean: a kind of home, a place, and the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.gis.geos import Point

from properties.models import Division, Unit
from properties.models.geo import fold
from properties.queries.places import FoundPlace, search_places

KIND_WORDS = {
    "entree coucher": Unit.Kind.ENTREE_COUCHER,
    "entrer coucher": Unit.Kind.ENTREE_COUCHER,
    "chambre salon": Unit.Kind.CHAMBRE_SALON,
    "chambres salon": Unit.Kind.CHAMBRE_SALON,
    "studio": Unit.Kind.STUDIO,
    "appartement": Unit.Kind.APARTMENT,
    "appart": Unit.Kind.APARTMENT,
    "apartment": Unit.Kind.APARTMENT,
    "flat": Unit.Kind.APARTMENT,
    "maison": Unit.Kind.HOUSE,
    "house": Unit.Kind.HOUSE,
    "villa": Unit.Kind.VILLA,
    "colocation": Unit.Kind.SHARED_ROOM,
    "boutique": Unit.Kind.SHOP,
    "bureau": Unit.Kind.SHOP,
    "shop": Unit.Kind.SHOP,
}
FURNISHED_WORDS = {"meuble", "meublee", "meubles", "meublees", "furnished"}
IGNORED_WORDS = frozenset(
    {"a", "au", "aux", "chez", "cote", "d", "de", "des", "du", "en", "et", "face"}
    | {"l", "la", "le", "les", "location", "louer", "near", "of", "par", "pour"}
    | {"pres", "proche", "quartier", "rent", "sur", "the", "to", "vers"}
)
GENERIC_WORDS = frozenset(
    {"banque", "bar", "carrefour", "ecole", "eglise", "hopital", "hotel", "marche"}
    | {"mosquee", "pharmacie", "port", "restaurant", "station", "stade", "universite"}
)
"""Alone they name a kind of landmark and no place, whatever some place is called."""
BEDROOMS = re.compile(r"\b([1-9]) (?:chambres?|pieces|bedrooms?)\b")

RADIUS_METRES = {
    "city": 8_000,
    "town": 5_000,
    "suburb": 2_000,
    "neighbourhood": 1_500,
    "arrondissement": 4_000,
    "quartier": 1_500,
}
DEFAULT_RADIUS_METRES = 2_000
SURE = 0.6
"""Below this similarity a word is text, not the name of a place."""


@dataclass(slots=True)
class Meaning:
    """What a text asks for. A *place* gives either *divisions* or *point* and radius."""

    kinds: tuple[str, ...] = ()
    bedrooms_min: int | None = None
    is_furnished: bool | None = None
    place: FoundPlace | None = None
    divisions: tuple[UUID, ...] = ()
    point: Point | None = None
    radius_m: int = 0
    words: tuple[str, ...] = field(default_factory=tuple)


def understand(text: str, *, with_places: bool = True) -> Meaning:
    """Return what *text* means, in order: kinds of homes, a place, then plain words.

    Without *with_places* (the search has its own point already) words stay words. At
    most seven queries, whatever the text.
    """
    meaning = Meaning()
    rest = f" {fold(text)[:120]} "
    if match := BEDROOMS.search(rest):
        meaning.bedrooms_min = int(match[1])
        rest = rest.replace(match[0], " ", 1)
    for phrase, kind in KIND_WORDS.items():
        if f" {phrase} " in rest:
            meaning.kinds = (str(kind),)
            rest = rest.replace(f" {phrase} ", " ")
            break
    words = [word for word in rest.split() if word not in IGNORED_WORDS]
    if furnished := FURNISHED_WORDS.intersection(words):
        meaning.is_furnished = True
        words = [word for word in words if word not in furnished]
    if with_places and not GENERIC_WORDS.issuperset(words):
        _find_place(meaning, " ".join(words))
    if meaning.place is None:
        meaning.words = tuple(words[:6])
    return meaning


def _find_place(meaning: Meaning, phrase: str) -> None:
    found = search_places(phrase, limit=1)
    if not found or found[0].score < SURE:
        return
    place = found[0]
    if place.kind == "division" and place.category in {"department", "commune"}:
        meaning.divisions = _communes_of(place)
    elif place.kind == "division" and place.precision != place.category:
        # Its coordinates are an ancestor's: only the addresses themselves can tell.
        below = Division.objects.filter(parent_id=place.id).values_list("pk", flat=True)
        meaning.divisions = (place.id, *below)
    elif place.point is not None:
        meaning.point = place.point
        meaning.radius_m = RADIUS_METRES.get(place.category, DEFAULT_RADIUS_METRES)
    else:
        return
    meaning.place = place


def _communes_of(place: FoundPlace) -> tuple[UUID, ...]:
    if place.category == "commune":
        return (place.id,)
    communes = Division.objects.filter(parent_id=place.id, level=Division.Level.COMMUNE)
    return tuple(communes.values_list("pk", flat=True))
