"""Listings as pages show them: words and addresses ready to print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.core.files.storage import storages
from django.utils.translation import get_language

from lokahome.core.money import Money, format_money
from properties.models import EntryCost, Listing


def media_path(key: str) -> str:
    """Return the address of a stored file as our own pages write it."""
    return str(storages["default"].url(key))


def media_url(key: str) -> str:
    """Return the absolute address of a stored file."""
    url = media_path(key)
    return settings.PUBLIC_URL + url if url.startswith("/") else url


class Drawn(Protocol):
    """A photo's row, of whatever: its largest size and its stored variants."""

    width: Any
    height: Any
    variants: Any


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo for ``<img>``: WebP widths in *srcset*, a JPEG to share and fall back."""

    src: str
    srcset: str
    fallback: str
    share: str
    width: int
    height: int


def picture(photo: Drawn) -> Picture:
    """Return the addresses of *photo*."""
    webp = [item for item in photo.variants if item["format"] == "webp"]
    jpeg = [item for item in photo.variants if item["format"] == "jpeg"]
    return Picture(
        src=media_path(webp[min(1, len(webp) - 1)]["key"]),
        srcset=", ".join(f"{media_path(i['key'])} {i['width']}w" for i in webp),
        fallback=media_path((jpeg or webp)[-1]["key"]),
        share=media_url((jpeg or webp)[-1]["key"]),
        width=photo.width,
        height=photo.height,
    )


class Card:
    """One listing in words; needs division, commune, landmark and photos at hand."""

    def __init__(self, listing: Listing) -> None:
        photos = getattr(listing, "covers", None)
        if photos is None:
            photos = list(listing.photos.all())
        self.cover = picture(photos[0]) if photos else None
        self.title = listing.title_in(get_language() or "fr", with_landmark=False)
        self.rent = format_money(listing.rent_money)
        self.entry_total = format_money(listing.entry_total_money)
        self.place = place_of(listing)
        self.landmark = listing.landmark.name if listing.landmark else ""
        self.sanitary = listing.get_sanitary_display()
        self.path = f"/l/{listing.slug}"
        distance = getattr(listing, "distance", None)
        self.distance = None if distance is None else max(50, round(distance / 50) * 50)


def place_of(listing: Listing) -> str:
    """Return « Quartier, Commune »."""
    names = [listing.division.name]
    if listing.commune and listing.commune.name != listing.division.name:
        names.append(listing.commune.name)
    return ", ".join(names)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of the entry cost table."""

    kind: str
    note: str
    amount: str
    mark: str
    mark_label: str


def entry_lines(costs: Iterable[EntryCost], currency: str) -> list[EntryLine]:
    """Return the lines of the table."""
    return [
        EntryLine(
            kind=str(cost.get_kind_display()),
            note=cost.note,
            amount=format_money(Money(cost.amount, currency)),
            mark=str(cost.legal_mark),
            mark_label=str(cost.get_legal_mark_display()),
        )
        for cost in costs
    ]
