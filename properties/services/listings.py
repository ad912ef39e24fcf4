"""What owners do with their listings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from properties.events import ListingLet, ListingSubmitted
from properties.models import EntryCost, Listing, Unit
from properties.models.listings import LISTING_STATES
from properties.policies import is_material_rent_change
from properties.services.inserting import insert
from properties.services.legal_marks import (
    CostLine,
    deposit_cap,
    entry_total,
    mark_lines,
)
from properties.services.listing_copies import (
    copy_facts,
    new_slug,
    review_again_if_public,
    steering,
)
from properties.services.live_listings import require_room


class UnitAlreadyListed(StateConflict):
    """The unit has an open listing already: one at a time."""

    code = "listing.unit_already_listed"
    title = gettext_lazy("Ce logement a déjà une annonce en cours")


class ListingNotEditable(StateConflict):
    """The listing is being reviewed, or its life is over."""

    code = "listing.not_editable"
    title = gettext_lazy("Cette annonce ne peut pas être modifiée maintenant")


class ListingIncomplete(InvalidInput):
    """The listing cannot be submitted yet; ``errors`` says all that is missing."""

    code = "listing.incomplete"
    title = gettext_lazy("L’annonce n’est pas prête")


@transaction.atomic
def create_listing(
    *,
    unit_id: UUID,
    landlord: User,
    rent: Money,
    now: datetime,
    purpose: str = Listing.Purpose.LONG_LET,
    description: str = "",
    available_on: date | None = None,
    entry_costs: Sequence[CostLine] = (),
    listing_id: UUID | None = None,
) -> Listing:
    """Make the draft of a listing of *landlord*'s unit, with its entry cost lines.

    Raises NotFound for another person's unit, UnitAlreadyListed. Locks the unit.
    """
    unit = locked(Unit.objects.filter(landlord=landlord), unit_id)
    listing = Listing(
        id=listing_id or uuid7(),
        unit=unit,
        landlord=landlord,
        purpose=purpose,
        rent=rent.amount,
        currency=rent.currency,
        description=description,
        available_on=available_on,
    )
    copy_facts(listing, unit)
    listing.slug = new_slug(listing)
    listing.entry_total = entry_total(rent=listing.rent, lines=entry_costs)
    insert(listing, properties_listing_one_open_per_unit=UnitAlreadyListed())
    _write_costs(listing, entry_costs)
    return listing


@transaction.atomic
def edit_listing(
    *, listing_id: UUID, actor: User, changes: dict[str, Any], now: datetime
) -> Listing:
    """Change ``rent`` (Money), ``description``, ``available_on`` or ``entry_costs``.

    *actor* is its owner, or acts for the agency that handles it. A rent that differs by
    30 % or more from the reviewed one sends a published listing back to review. Raises
    NotFound, ListingNotEditable. Locks the listing.
    """
    listing = locked(Listing.objects.steered_by(actor), listing_id)
    if listing.status not in Listing.EDITABLE_STATES:
        raise ListingNotEditable(
            allowed_actions=LISTING_STATES.allowed_actions(
                listing.status, {steering(actor)}
            )
        )
    changed: set[str] = {
        name
        for name in ("description", "available_on")
        if name in changes and getattr(listing, name) != changes[name]
    }
    for name in changed:
        setattr(listing, name, changes[name])
    if "rent" in changes:
        listing.rent = changes["rent"].amount
        changed.add("rent")
    lines = changes.get("entry_costs", lines_of(listing))
    if changed & {"rent"} or "entry_costs" in changes:
        listing.entry_total = entry_total(rent=listing.rent, lines=lines)
        changed.add("entry_total")
        _write_costs(listing, lines)
    if is_material_rent_change(reviewed=listing.reviewed_rent, proposed=listing.rent):
        review_again_if_public(listing, fields=changed, now=now, actor=actor)
    else:
        listing.save(update_fields=changed)
    return listing


@transaction.atomic
def submit_listing(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Ask moderators to publish. Emits ListingSubmitted.

    Raises ListingIncomplete with every failure at once, TooManyListings, OwnerClosed,
    TransitionRefused. Locks it.
    """
    listing = locked(Listing.objects.steered_by(actor), listing_id)
    if "submit" in LISTING_STATES.allowed_actions(listing.status, {steering(actor)}):
        failures = submission_failures(listing)
        if failures:
            raise ListingIncomplete(errors=failures)
        require_room(listing, is_owner=steering(actor) == "owner")
    listing.submitted_at = now
    LISTING_STATES.apply(
        listing,
        "submit",
        who=steering(actor),
        actor_id=actor.pk,
        now=now,
        update_fields=("submitted_at",),
    )
    append(ListingSubmitted(listing_id=listing.pk, landlord_id=listing.landlord_id))
    return listing


def submission_failures(listing: Listing) -> list[FieldError]:
    """Return everything that keeps *listing* from being submitted."""
    failures = []
    if listing.photo_count < 1:
        detail = _("Ajoutez au moins une photo.")
        failures.append(FieldError("listing.photo_missing", detail, "/photos"))
    for index, cost in enumerate(listing.entry_costs.all()):
        cap = deposit_cap(listing.rent)
        if cost.kind == EntryCost.Kind.DEPOSIT and cost.amount > cap:
            detail = _("La caution dépasse trois mois de loyer (%(cap)s).")
            failures.append(
                FieldError(
                    "listing.deposit_above_cap",
                    detail % {"cap": Money(cap, listing.currency)},
                    f"/entry_costs/{index}/amount",
                )
            )
    if len(listing.description.strip()) < 20:
        detail = _("Décrivez le logement en une phrase au moins.")
        failures.append(
            FieldError("listing.description_missing", detail, "/description")
        )
    return failures


@transaction.atomic
def pause_listing(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Hide a published listing for a while."""
    return _owner_step(listing_id, actor, "pause", now)


@transaction.atomic
def resume_listing(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Show a paused listing again.

    Raises TooManyListings, OwnerClosed, TransitionRefused. Locks it.
    """
    listing = _owner_step(listing_id, actor, "resume", now)
    require_room(listing, is_owner=steering(actor) == "owner")
    return listing


@transaction.atomic
def mark_listing_let(*, listing_id: UUID, actor: User, now: datetime) -> Listing:
    """Say that the home was let elsewhere. Emits ListingLet."""
    listing = _owner_step(listing_id, actor, "let", now)
    append(ListingLet(listing_id=listing.pk, landlord_id=listing.landlord_id))
    return listing


def _owner_step(listing_id: UUID, actor: User, action: str, now: datetime) -> Listing:
    listing = locked(Listing.objects.steered_by(actor), listing_id)
    listing.is_held = False  # what they decide, the house does not undo
    LISTING_STATES.apply(
        listing,
        action,
        who=steering(actor),
        actor_id=actor.pk,
        now=now,
        update_fields=("is_held",),
    )
    return listing


def lines_of(listing: Listing) -> list[CostLine]:
    """Return the listing's entry cost lines as their owner stated them."""
    return [
        CostLine(kind=cost.kind, amount=cost.amount, note=cost.note)
        for cost in listing.entry_costs.all()
    ]


def _write_costs(listing: Listing, lines: Sequence[CostLine]) -> None:
    kinds = [line.kind for line in lines]
    if len(set(kinds)) != len(kinds):
        detail = _("Une seule ligne par type de frais.")
        raise InvalidInput(
            errors=[FieldError("listing.cost_repeated", detail, "/entry_costs")]
        )
    listing.entry_costs.all().delete()
    EntryCost.objects.bulk_create(
        EntryCost(
            listing=listing,
            kind=item.line.kind,
            amount=item.line.amount,
            note=item.line.note,
            legal_mark=item.mark,
            rule_id=item.rule_id,
            rules_version=item.rules_version,
        )
        for item in mark_lines(rent=listing.rent, lines=lines)
    )
