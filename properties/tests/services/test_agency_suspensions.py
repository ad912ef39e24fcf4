"""Listings of a suspended agency: back with their landlords, until it is restored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agency
from accounts.services.agencies.agencies import activate_agency, suspend_agency
from accounts.tests.agencies import active_agency_of
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.invariants import check_invariants
from lokahome.tests.people import make_staff
from messaging.models import Notification
from properties.models import Listing, Mandate
from properties.services import handling
from properties.services.agency_suspensions import follow_agency
from properties.services.handling import NotEntrusted, take_handling
from properties.services.mandate_ends import end_mandate
from properties.services.mandates import entrust_listing
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate, within

WHY = "Mandats sans preuve."


@pytest.fixture
def agency(afi):
    """The agency of Afi, checked by staff."""
    found = active_agency_of(afi.user)
    # Nobody is told later, when there are landlords, that it was found in order.
    drain()
    return found


@pytest.fixture
def decider(db):
    return make_staff("decider", "identity_checker").user


@pytest.fixture
def listing(kossi, afi, agency):
    """A listing of Kossi that the agency handles."""
    row = make.published(kossi.user)
    mandate(kossi.user, row.unit, agency, afi.user)
    return handled(row, agency, afi.user)


def suspended(agency, decider):
    suspend_agency(agency_id=agency.pk, actor=decider, reason=WHY, now=clock.now())
    drain()


def restored(agency, decider):
    activate_agency(agency_id=agency.pk, actor=decider, now=clock.now())
    drain()


def handler_of(listing):
    return Listing.objects.values_list("agency_id", flat=True).get(pk=listing.pk)


def words_to(person):
    rows = Notification.objects.filter(person=person.user)
    return rows.filter(template="mandated_agency_decided").count()


def test_a_suspended_agency_loses_its_listings_and_takes_them_up_again(
    kossi, ama, agency, decider, listing
):
    other = make.published(make.landlord("Rita"))
    suspended(agency, decider)
    assert handler_of(listing) is None
    assert words_to(kossi) == 1
    # Whoever applies meanwhile is the landlord's lead, not one that nobody reads.
    lead = make.application(ama.user, listing)
    assert lead.agency_id is None
    restored(agency, decider)
    assert handler_of(listing) == agency.pk
    assert handler_of(other) is None
    assert words_to(kossi) == 2
    assert not Mandate.objects.filter(resumes_handling=True).exists()
    assert not check_invariants(["listing.handled_under_a_mandate"])


def test_what_the_agency_never_took_does_not_come_back(kossi, afi, agency, decider):
    row = make.published(kossi.user)
    mandate(kossi.user, row.unit, agency, afi.user)
    suspended(agency, decider)
    restored(agency, decider)
    assert handler_of(row) is None


@pytest.mark.parametrize("said", ["ended", "taken_out", "past", "closed_account"])
def test_what_was_said_meanwhile_counts(kossi, agency, decider, listing, said):
    suspended(agency, decider)
    row = Mandate.objects.get(unit=listing.unit)
    assert row.resumes_handling
    now = clock.now()
    if said == "ended":
        end_mandate(mandate_id=row.pk, actor=kossi.user, reason="Vendu.", now=now)
    elif said == "taken_out":
        entrust_listing(
            mandate_id=row.pk, landlord=kossi.user, includes_listing=False, now=now
        )
    elif said == "past":
        yesterday = clock.today() - timedelta(days=1)
        Mandate.objects.filter(pk=row.pk).update(
            starts_on=yesterday, expires_on=yesterday
        )
    else:
        type(kossi.user).objects.filter(pk=kossi.id).update(is_active=False)
    restored(agency, decider)
    assert handler_of(listing) is None
    assert not Mandate.objects.filter(resumes_handling=True).exists()


def test_a_late_word_follows_the_agency_as_it_is_now(agency, decider, listing):
    """Two decisions, told late and twice: what counts is the second."""
    now = clock.now()
    suspend_agency(agency_id=agency.pk, actor=decider, reason=WHY, now=now)
    activate_agency(agency_id=agency.pk, actor=decider, now=now)
    for _ in range(2):
        follow_agency(agency_id=agency.pk, now=now)
    assert handler_of(listing) == agency.pk


def test_an_agency_that_is_suspended_meanwhile_takes_nothing(
    kossi, afi, agency, monkeypatch
):
    """The context was read before; the mandate's lock orders the rest."""
    row = make.published(kossi.user)
    mandate(kossi.user, row.unit, agency, afi.user)
    actor = within(afi.user, agency)
    Agency.objects.filter(pk=agency.pk).update(status="suspended", status_reason=WHY)
    take = {"listing_id": row.pk, "actor": actor, "now": clock.now()}
    with pytest.raises(NotEntrusted):
        take_handling(**take)
    assert handler_of(row) is None
    # Control: without asking again it would be taken.
    monkeypatch.setattr(handling, "active_agency", lambda agency_id: agency)
    assert take_handling(**take).agency_id == agency.pk
