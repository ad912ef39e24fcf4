"""Listings as the evidence of a report."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from properties.models import Listing


def reported_listing(reporter: User, listing_id: UUID) -> dict[str, Any] | None:
    """Return what the case holds of a listing that *reporter* can see, else None.

    One's own listing is nothing to report: one takes it off.
    """
    seen = Listing.objects.visible_to(reporter).exclude(landlord=reporter)
    listing = seen.filter(pk=listing_id).first()
    if listing is None:
        return None
    return {
        "listing_id": str(listing.pk),
        "landlord_id": str(listing.landlord_id),
        "status": listing.status,
        "rent": listing.rent,
        "currency": listing.currency,
    }
