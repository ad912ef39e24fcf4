"""Listings of an owner whose account is closed: off the public at once, back when it opens.

Whoever publishes, resumes or takes over a listing locks it and looks at its owner's
account behind that lock (`live_listings.require_open_owner`). Here all of an owner's are locked before
the account is looked at. So whichever comes second sees what the first one did.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.queries.people import has_open_account
from properties.models import Listing
from properties.models.listings import LISTING_STATES
from properties.services.handling import release

CLOSED = "account_closed"
OPEN_AGAIN = "account_open_again"


@transaction.atomic
def hold_listings_of(*, landlord_id: UUID, now: datetime) -> int:
    """Pause what a person has published, and take it back from agencies; say how many.

    Nothing while the account is open: whatever closed it is over. Again is harmless.
    Locks the listings; publishes HandlingEnded.
    """
    listings = _locked(landlord_id)
    if has_open_account(landlord_id):
        return 0
    held = 0
    for listing in listings:
        release(listing, actor_id=None)
        if listing.status == Listing.Status.PUBLISHED:
            _step(listing, "pause", is_held=True, reason=CLOSED, now=now)
            held += 1
    return held


@transaction.atomic
def show_held_listings_of(*, landlord_id: UUID, now: datetime) -> int:
    """Publish again what `hold_listings_of` paused; return how many that was.

    Nothing while the account is closed: something else keeps it so. What its owner, an
    agency or staff changed meanwhile stays as they left it, and agencies take up again
    what they want. Locks the listings.
    """
    listings = _locked(landlord_id)
    if not has_open_account(landlord_id):
        return 0
    shown = 0
    for listing in listings:
        if listing.is_held and listing.status == Listing.Status.PAUSED:
            _step(listing, "resume", is_held=False, reason=OPEN_AGAIN, now=now)
            shown += 1
    return shown


def _locked(landlord_id: UUID) -> list[Listing]:
    """Return the listings whose life goes on, also those that are about to go public."""
    going_on = Listing.objects.open().filter(landlord_id=landlord_id).order_by("id")
    return list(going_on.select_for_update(no_key=True, of=("self",)))


def _step(
    listing: Listing, action: str, *, is_held: bool, reason: str, now: datetime
) -> None:
    listing.is_held = is_held
    LISTING_STATES.apply(
        listing,
        action,
        who="system",
        actor_id=None,
        now=now,
        reason=reason,
        update_fields=("is_held",),
    )
