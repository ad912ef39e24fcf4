"""What a listing copies from its unit and property, and nothing more.

Copies, so that search joins no exact address. This is the one place that makes them.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.text import slugify

from accounts.models import User
from lokahome.core.db.locks import locked
from properties.models import Listing, Unit
from properties.models.geo import blurred, fold
from properties.models.listings import LISTING_STATES
from properties.queries.places import commune_of

COPIED = {
    "title",
    "search_title",
    "kind",
    "bedrooms",
    "sanitary",
    "is_furnished",
    "division",
    "commune",
    "landmark",
    "public_point",
}


def copy_facts(listing: Listing, unit: Unit) -> None:
    """Write onto *listing* what it shows of *unit* (nothing is saved).

    The place is the blurred one; pin, path, street and door stay where they are.
    """
    home = unit.property
    listing.kind = unit.kind
    listing.bedrooms = unit.bedrooms
    listing.sanitary = unit.sanitary
    listing.is_furnished = unit.is_furnished
    listing.division = home.division
    listing.commune = commune_of(home.division, home.pin)
    listing.landmark = home.landmark
    listing.public_point = blurred(home.pin, unit.pk)
    listing.title = listing.title_in("fr")
    words = [listing.title, str(home.division), str(listing.commune or "")]
    words += [home.landmark.name if home.landmark else "", unit.get_kind_display()]
    listing.search_title = fold(" ".join(words))[:400]


def new_slug(listing: Listing) -> str:
    """Return the listing's address on the public site; it never changes."""
    words = slugify(f"{listing.get_kind_display()} {listing.division}")[:90]
    return f"{words}-{listing.pk.hex[-8:]}"


def refresh_open_listing(*, unit: Unit, is_material: bool, now: datetime) -> None:
    """Bring the unit's open listing, if any, up to the unit. Inside a transaction.

    *is_material* (the place changed) sends a published or paused one back to review.
    Locks the listing.
    """
    found = Listing.objects.open().filter(unit=unit).first()
    if found is None:
        return
    listing = locked(Listing.objects.all(), found.pk)
    copy_facts(listing, unit)
    if is_material:
        review_again_if_public(listing, fields=COPIED, now=now)
    else:
        listing.save(update_fields=COPIED)


def steering(actor: User) -> str:
    """Return as what *actor* changes a listing: its ``owner``, or an ``agent``."""
    return "owner" if actor.context is None else "agent"


def review_again_if_public(
    listing: Listing, *, fields: set[str], now: datetime, actor: User | None = None
) -> None:
    """Save *fields* of the locked *listing*; a published or paused one is reviewed again.

    *actor* is who changed it; without one it is its owner, whose home has changed.
    The published page goes away meanwhile: what moderators saw is no longer what it says.
    """
    if listing.status in (Listing.Status.PUBLISHED, Listing.Status.PAUSED):
        listing.submitted_at = now
        LISTING_STATES.apply(
            listing,
            "review_again",
            who="owner" if actor is None else steering(actor),
            actor_id=listing.landlord_id if actor is None else actor.pk,
            now=now,
            update_fields={*fields, "submitted_at"},
        )
    else:
        listing.save(update_fields=fields)
