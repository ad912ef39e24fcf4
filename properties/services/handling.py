"""Handling: the one agency that answers for a listing, while its mandate says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.queries.agencies import active_agency
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.outbox import append
from properties.events import HandlingEnded, HandlingTaken
from properties.models import Listing, Mandate
from properties.policies import may_handle
from properties.services.live_listings import require_open_owner


class NotEntrusted(NotAllowed):
    """No mandate of this agency includes the listing.

    The same whether the landlord keeps it or gave it to somebody else.
    """

    code = "handling.not_entrusted"
    title = gettext_lazy("Aucun mandat ne confie cette annonce à votre agence")


@transaction.atomic
def take_handling(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Answer for a listing from now on, in the agency's name; again is harmless.

    Raises NotFound for a listing that *actor* may not see, NotEntrusted, NotAllowed for
    a member who does not work on homes, OwnerClosed while its owner's account is. Locks
    the mandate, then the listing; publishes HandlingTaken.
    """
    found = Listing.objects.visible_to(actor).filter(pk=listing_id)
    unit_id = found.values_list("unit_id", flat=True).first()
    if unit_id is None:
        raise NotFound
    if actor.context is None or not may_handle(agency_role=actor.context.role):
        raise NotAllowed
    agency_id = actor.context.agency_id
    mandate = (
        Mandate.objects.in_force()
        .filter(unit_id=unit_id, agency_id=agency_id, includes_listing=True)
        .select_for_update(no_key=True, of=("self",))
        .first()
    )
    # Asked under the mandate's lock: a suspension that is under way waits for it.
    if mandate is None or active_agency(agency_id) is None:
        raise NotEntrusted
    listing = locked(Listing.objects.all(), listing_id)
    if listing.agency_id == agency_id:
        return listing
    require_open_owner(listing)
    _take(listing, mandate, actor.pk)
    return listing


@transaction.atomic
def give_back_handling(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Answer for a listing no more; the mandate stays. Again is harmless.

    Raises NotFound, NotAllowed. Locks the listing; publishes HandlingEnded.
    """
    if not Listing.objects.visible_to(actor).filter(pk=listing_id).exists():
        raise NotFound
    if actor.context is None or not may_handle(agency_role=actor.context.role):
        raise NotAllowed
    listing = locked(Listing.objects.all(), listing_id)
    if listing.agency_id == actor.context.agency_id:
        release(listing, actor_id=actor.pk)
    return listing


def release_handling(
    *, unit_id: UUID, agency_id: UUID, actor_id: UUID | None, now: datetime
) -> int:
    """Take the unit's listings back from the agency, inside the caller's transaction.

    Returns how many. The caller holds the mandate's lock. Locks the listings; publishes
    HandlingEnded.
    """
    handled = Listing.objects.filter(unit_id=unit_id, agency_id=agency_id)
    rows = list(handled.order_by("id").select_for_update(no_key=True, of=("self",)))
    for listing in rows:
        release(listing, actor_id=actor_id)
    return len(rows)


def resume_handling(*, mandate: Mandate, now: datetime) -> None:
    """Give the agency of *mandate* (locked) the unit's open listing again.

    Inside the caller's transaction. A listing that another one answers for is left
    alone. Locks the listing; publishes HandlingTaken.
    """
    open_one = Listing.objects.open().filter(
        unit_id=mandate.unit_id, agency=None, landlord__is_active=True
    )
    for listing in open_one.select_for_update(no_key=True, of=("self",)):
        _take(listing, mandate, None)


def _take(listing: Listing, mandate: Mandate, actor_id: UUID | None) -> None:
    _write(listing, mandate.agency_id)
    record(
        "listing.handling_taken",
        subject=f"listing:{listing.pk}",
        actor_id=actor_id,
        details={"agency_id": str(mandate.agency_id), "mandate_id": str(mandate.pk)},
    )
    append(
        HandlingTaken(
            listing_id=listing.pk,
            agency_id=mandate.agency_id,
            landlord_id=listing.landlord_id,
        )
    )


def release(listing: Listing, *, actor_id: UUID | None) -> None:
    """Take a locked *listing* back from its agency, if any; publishes HandlingEnded."""
    agency_id = listing.agency_id
    if agency_id is None:
        return
    _write(listing, None)
    record(
        "listing.handling_ended",
        subject=f"listing:{listing.pk}",
        actor_id=actor_id,
        details={"agency_id": str(agency_id)},
    )
    append(
        HandlingEnded(
            listing_id=listing.pk,
            agency_id=agency_id,
            landlord_id=listing.landlord_id,
        )
    )


def _write(listing: Listing, agency_id: UUID | None) -> None:
    listing.agency_id = agency_id
    # Not `save`: version and moment of change are everybody's to read, and would tell
    # another agency of the unit that something happened which it may not see.
    Listing.objects.filter(pk=listing.pk).update(agency_id=agency_id)
