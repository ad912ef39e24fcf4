"""What moderators decide about listings. They never change what the owner wrote.

Nobody decides about a listing of their own, or of an agency of theirs: each of these
raises ConflictOfInterest then.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries.moderation import answer_of, overturning_of
from accounts.services.moderation.parties import refuse_part
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput
from lokahome.core.events.outbox import append
from properties.events import (
    ListingChangesRequested,
    ListingPublished,
    ListingRejected,
    ListingSuspended,
)
from properties.models import Listing
from properties.models.listings import LISTING_STATES
from properties.services.live_listings import require_room


class ReasonMissing(InvalidInput):
    """A decision against somebody needs a reason."""

    code = "decision.reason_missing"

    def default_detail(self) -> str:
        return _("Donnez un motif.")


@transaction.atomic
def publish_listing(*, listing_id: UUID, actor_id: UUID, now: datetime) -> Listing:
    """Publish a submitted listing. Emits ListingPublished. Locks it.

    Raises TooManyListings: a paused one that was edited comes to review past the limit.
    Raises OwnerClosed: its owner's account was closed while it waited.
    """
    listing = locked(Listing.objects.all(), listing_id)
    if listing.status == Listing.Status.SUBMITTED:
        require_room(listing, is_owner=True, beside=(Listing.Status.PUBLISHED,))
    listing.published_at = listing.confirmed_at = now
    listing.reviewed_rent = listing.rent
    listing.review_reason = ""
    fields = {"published_at", "confirmed_at", "reviewed_rent", "review_reason"}
    _decide(listing, "publish", actor_id, now, "", fields)
    append(ListingPublished(listing_id=listing.pk, landlord_id=listing.landlord_id))
    return listing


@transaction.atomic
def request_changes(
    *, listing_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Listing:
    """Send a submitted listing back to its owner. Emits ListingChangesRequested."""
    listing = locked(Listing.objects.all(), listing_id)
    _refuse(listing, "request_changes", actor_id, now, reason)
    append(
        ListingChangesRequested(listing_id=listing.pk, landlord_id=listing.landlord_id)
    )
    return listing


@transaction.atomic
def reject_listing(
    *, listing_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Listing:
    """Reject a submitted listing for good. Emits ListingRejected."""
    listing = locked(Listing.objects.all(), listing_id)
    _refuse(listing, "reject", actor_id, now, reason)
    append(ListingRejected(listing_id=listing.pk, landlord_id=listing.landlord_id))
    return listing


@transaction.atomic
def suspend_listing(
    *, listing_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Listing:
    """Take a listing away, whatever its state. Emits ListingSuspended."""
    listing = locked(Listing.objects.all(), listing_id)
    _refuse(listing, "suspend", actor_id, now, reason)
    append(ListingSuspended(listing_id=listing.pk, landlord_id=listing.landlord_id))
    return listing


def hidden_listing(*, kind: str, decision: str, subject: str) -> UUID | None:
    """Return the listing that a decided case hides, None for any other answer."""
    _noun, _colon, listing_id = subject.partition(":")
    return UUID(listing_id) if (kind, decision) == ("listing_report", "hide") else None


@transaction.atomic
def hide_reported_listing(*, listing_id: UUID, case_id: UUID, now: datetime) -> None:
    """Suspend a listing for the reason given in the case; again is harmless.

    Raises NotFound. Locks the listing; emits ListingSuspended unless it is suspended.
    """
    answer = answer_of(case_id)
    listing = locked(Listing.objects.all(), listing_id)
    if (
        answer is None
        or answer.decided_by_id is None
        or listing.status == Listing.Status.SUSPENDED
    ):
        return
    suspend_listing(
        listing_id=listing.pk,
        actor_id=answer.decided_by_id,
        reason=answer.reason,
        now=now,
    )


@transaction.atomic
def reinstate_listing(
    *, listing_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Listing:
    """Undo a suspension: the owner has a draft again. Raises UnitAlreadyListed."""
    listing = locked(Listing.objects.all(), listing_id)
    if Listing.objects.open().filter(unit=listing.unit_id).exists():
        from properties.services.listings import UnitAlreadyListed

        raise UnitAlreadyListed
    listing.review_reason = ""
    _decide(listing, "reinstate", actor_id, now, reason, {"review_reason"})
    return listing


@transaction.atomic
def show_listing_again(*, listing_id: UUID, case_id: UUID, now: datetime) -> None:
    """Undo a suspension as an appeal about the case decided; again is harmless.

    The owner has a draft, which a moderator looks at again. A unit that has another open
    listing by now keeps that one. Raises NotFound. Locks the listing.
    """
    answer = overturning_of(case_id)
    listing = locked(Listing.objects.all(), listing_id)
    is_taken = Listing.objects.open().filter(unit=listing.unit_id).exists()
    if answer is None or listing.status != Listing.Status.SUSPENDED or is_taken:
        return
    reinstate_listing(
        listing_id=listing.pk,
        actor_id=answer.decided_by_id,
        reason=answer.reason,
        now=now,
    )


def _refuse(
    listing: Listing, action: str, actor_id: UUID, now: datetime, reason: str
) -> None:
    reason = reason.strip()[:500]
    if not reason:
        detail = _("Donnez un motif.")
        raise ReasonMissing(
            errors=[FieldError("decision.reason_missing", detail, "/reason")]
        )
    listing.review_reason = reason
    _decide(listing, action, actor_id, now, reason, {"review_reason"})


def _decide(
    listing: Listing,
    action: str,
    actor_id: UUID,
    now: datetime,
    reason: str,
    fields: set[str],
) -> None:
    refuse_part(f"listing:{listing.pk}", actor_id)
    LISTING_STATES.apply(
        listing,
        action,
        who="staff",
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=fields,
    )
