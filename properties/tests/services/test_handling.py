"""Handling: the one agency that answers for a listing."""

import threading

import pytest

from accounts.tests.agencies import active_agency_of, joined, someone
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.invariants import check_invariants
from lokahome.tests.threads import race
from properties.models import Listing, Mandate
from properties.services import handling as handling_services
from properties.services.handling import (
    NotEntrusted,
    give_back_handling,
    take_handling,
)
from properties.services.listings import (
    edit_listing,
    mark_listing_let,
    pause_listing,
    resume_listing,
    submit_listing,
)
from properties.services.mandate_ends import end_mandate
from properties.services.mandates import ListingEntrusted, entrust_listing
from properties.tests import factories as make
from properties.tests.mandates import as_role, handled, mandate, within

HANDLED = "listing.handled_under_a_mandate"
WHY = "Le propriétaire habite de nouveau ici."


@pytest.fixture
def agency(afi):
    """The agency of Afi, checked by staff."""
    return active_agency_of(afi.user)


@pytest.fixture
def unit(kossi):
    """A unit of Kossi."""
    return make.unit(kossi.user)


def ended(row, actor, reason=WHY):
    return end_mandate(mandate_id=row.pk, actor=actor, reason=reason, now=clock.now())


def told(name):
    return OutboxEvent.objects.filter(name=f"properties.{name}").count()


def test_the_listing_moves_from_one_mandate_to_the_other(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    first = mandate(kossi.user, unit, agency, afi.user)
    founder = someone()
    other = active_agency_of(founder)
    second = mandate(kossi.user, unit, other, founder, includes_listing=False)
    handled(listing, agency, afi.user)

    def entrusted(row, wanted):
        return entrust_listing(
            mandate_id=row.pk,
            landlord=kossi.user,
            includes_listing=wanted,
            now=clock.now(),
        )

    with pytest.raises(ListingEntrusted):
        entrusted(second, True)
    entrusted(first, False)
    listing.refresh_from_db()
    assert listing.agency_id is None
    with pytest.raises(NotEntrusted):
        handled(listing, agency, afi.user)
    entrusted(second, True)
    assert handled(listing, other, founder).agency_id == other.pk


def test_an_agent_steers_the_listing_that_is_handled(kossi, afi, agency, unit):
    listing = make.submitted(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    Listing.objects.filter(pk=listing.pk).update(status="draft")
    actor = within(afi.user, agency)
    step = {"listing_id": listing.pk, "actor": actor, "now": clock.now()}
    with pytest.raises(NotFound):
        submit_listing(**step)
    take_handling(**step)
    assert take_handling(**step).agency_id == agency.pk
    assert told("handling_taken") == 1
    words = "Chambre-salon refaite à neuf, cour calme et fermée."
    edit_listing(changes={"description": words}, **step)
    assert submit_listing(**step).status == "submitted"
    Listing.objects.filter(pk=listing.pk).update(
        status="published", published_at=clock.now(), reviewed_rent=listing.rent
    )
    assert pause_listing(**step).status == "paused"
    assert resume_listing(**step).status == "published"
    # That the home is let is the landlord's to say.
    with pytest.raises(NotAllowed):
        mark_listing_let(**step)
    listing.refresh_from_db()
    assert (listing.description, listing.status) == (words, "published")
    submitted = OutboxEvent.objects.filter(name="properties.listing_submitted").last()
    assert submitted.payload["landlord_id"] == str(kossi.id)


@pytest.mark.parametrize("role", ["accountant", "viewer"])
def test_those_who_read_papers_steer_nothing(kossi, afi, agency, unit, role):
    listing = make.published(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    step = {
        "listing_id": listing.pk,
        "actor": as_role(afi.user, agency, role),
        "now": clock.now(),
    }
    with pytest.raises(NotFound):
        pause_listing(**step)
    for take in (take_handling, give_back_handling):
        with pytest.raises(NotAllowed):
            take(**step)
    listing.refresh_from_db()
    assert (listing.status, listing.agency_id) == ("published", agency.pk)


def test_the_landlord_still_steers_a_listing_that_is_handled(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    paused = pause_listing(listing_id=listing.pk, actor=kossi.user, now=clock.now())
    assert paused.status == "paused"


def test_a_landlord_in_an_agencys_context_is_no_landlord(kossi, afi, agency, unit):
    joined(agency, afi.user, kossi.user, "agent")
    listing = make.published(kossi.user, unit=unit)
    with pytest.raises(NotFound):
        pause_listing(
            listing_id=listing.pk, actor=within(kossi.user, agency), now=clock.now()
        )


def test_an_agency_gives_the_handling_back(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    actor = within(afi.user, agency)
    for _ in range(2):
        row = give_back_handling(listing_id=listing.pk, actor=actor, now=clock.now())
        assert row.agency_id is None
    assert told("handling_ended") == 1


def test_nothing_changes_in_a_mandate_that_is_over(kossi, afi, agency, unit):
    row = ended(mandate(kossi.user, unit, agency, afi.user), kossi.user)
    with pytest.raises(StateConflict):
        entrust_listing(
            mandate_id=row.pk,
            landlord=kossi.user,
            includes_listing=False,
            now=clock.now(),
        )


def test_a_handling_without_its_mandate_is_found(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    row = mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    assert check_invariants([HANDLED]) == []
    Mandate.objects.filter(pk=row.pk).update(includes_listing=False)
    [found] = check_invariants([HANDLED])
    assert found.row == (str(listing.pk), str(agency.pk))


# --- Races: threads, real commits ---------------------------------------------------------


@pytest.fixture
def live(committed):
    owner, member = make.landlord(), someone("Gérante")
    agency = active_agency_of(member)
    unit = make.unit(owner)
    listing = make.published(owner, unit=unit)
    row = mandate(owner, unit, agency, member)
    return owner, within(member, agency), listing, row


def test_an_end_and_a_taking_at_once_leave_no_handling(live):
    owner, agent, listing, row = live
    step = {"listing_id": listing.pk, "actor": agent, "now": clock.now()}
    race(2, lambda index: take_handling(**step) if index else ended(row, owner))
    listing.refresh_from_db()
    row.refresh_from_db()
    assert (row.status, listing.agency_id) == ("ended", None)


def test_control_without_the_mandates_lock_the_handling_outlives_it(live, monkeypatch):
    """The race above is real: the agent looks at the mandate before it ends."""
    looked, over = threading.Event(), threading.Event()
    write = handling_services._write

    def write_late(listing, agency_id):
        if agency_id is not None:
            looked.set()
            assert over.wait(30)
        write(listing, agency_id)

    plain = Mandate.objects.in_force().__class__
    monkeypatch.setattr(plain, "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(handling_services, "locked", lambda rows, pk: rows.get(pk=pk))
    monkeypatch.setattr(handling_services, "_write", write_late)
    owner, agent, listing, row = live
    step = {"listing_id": listing.pk, "actor": agent, "now": clock.now()}

    def end_meanwhile():
        assert looked.wait(30)
        try:
            return ended(row, owner)
        finally:
            over.set()

    race(2, lambda index: take_handling(**step) if index else end_meanwhile())
    listing.refresh_from_db()
    assert listing.agency_id is not None
