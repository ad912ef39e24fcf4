"""Whose listings may go live, and how many: by what their landlord proved."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.policies.levels import live_listings_allowed, may_publish
from accounts.queries.identity import role_levels
from accounts.queries.people import has_open_account
from lokahome.core.db.locks import advisory_lock
from lokahome.core.errors import StateConflict
from properties.models import Listing

LIVE = (Listing.Status.SUBMITTED, Listing.Status.PUBLISHED)
"""What waits for a moderator counts: else many could be sent at once."""


class TooManyListings(StateConflict):
    """The landlord's level does not let one more listing go live."""

    code = "listing.too_many_for_level"
    title = gettext_lazy("Nombre d’annonces atteint pour votre niveau")


class OwnerClosed(StateConflict):
    """The owner's account is closed: nothing of theirs is shown or taken over."""

    code = "listing.owner_closed"
    title = gettext_lazy("Le compte du propriétaire est fermé")


def require_open_owner(listing: Listing) -> None:
    """Raise OwnerClosed while its owner's account is closed. Expects *listing* locked."""
    if not has_open_account(listing.landlord_id):
        raise OwnerClosed


def require_room(
    listing: Listing, *, is_owner: bool, beside: tuple[str, ...] = LIVE
) -> None:
    """Raise TooManyListings when *listing* cannot go live beside its landlord's others.

    *beside* are the states of those that count. *is_owner* False is an agency: its
    mandate was checked when the listing was found. Levels that fell take nothing down.
    Raises OwnerClosed as well. Expects the listing locked; takes the advisory lock of
    its landlord, so that two listings do not take the last place.
    """
    require_open_owner(listing)
    landlord_id = listing.landlord_id
    advisory_lock("live_listings", str(landlord_id))
    level = role_levels(landlord_id).get("landlord")
    others = Listing.objects.filter(landlord_id=landlord_id, status__in=beside)
    live = others.exclude(pk=listing.pk).count()
    if may_publish(level=level, live=live, is_owner=is_owner, has_mandate=not is_owner):
        return
    allowed = live_listings_allowed(level or 0) or 0
    detail = _(
        "À ce niveau : %d à la fois. Faites vérifier vos pièces pour en publier plus."
    )
    raise TooManyListings(detail % allowed)
