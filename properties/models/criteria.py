"""What a search for listings asks, as one value that the door builds and SQL answers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingCriteria:
    """Filters of a search; None and empty mean "any". Rents in minor units.

    ``words`` are folded words that no place explains; each must occur.
    ``divisions`` are any-of, and hold for the listing's division or its commune.
    """

    kinds: tuple[str, ...] = ()
    purpose: str = ""
    rent_min: int | None = None
    rent_max: int | None = None
    entry_total_max: int | None = None
    bedrooms_min: int | None = None
    is_furnished: bool | None = None
    sanitary: tuple[str, ...] = ()
    divisions: tuple[UUID, ...] = ()
    landmark: UUID | None = None
    words: tuple[str, ...] = ()

    def condition(self) -> Q:
        """Return the criteria as a condition on listings."""
        condition = Q()
        if self.rent_min is not None:
            condition &= Q(rent__gte=self.rent_min)
        if self.rent_max is not None:
            condition &= Q(rent__lte=self.rent_max)
        if self.bedrooms_min is not None:
            condition &= Q(bedrooms__gte=self.bedrooms_min)
        if self.entry_total_max is not None:
            condition &= Q(entry_total__lte=self.entry_total_max)
        if self.kinds:
            condition &= Q(kind__in=self.kinds)
        if self.purpose:
            condition &= Q(purpose=self.purpose)
        if self.sanitary:
            condition &= Q(sanitary__in=self.sanitary)
        if self.is_furnished is not None:
            condition &= Q(is_furnished=self.is_furnished)
        if self.divisions:
            condition &= Q(division_id__in=self.divisions) | Q(
                commune_id__in=self.divisions
            )
        if self.landmark is not None:
            condition &= Q(landmark_id=self.landmark)
        for word in self.words:
            condition &= Q(search_title__contains=word)
        return condition
