"""Mandates: proposed, answered, ended."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import Agency
from accounts.services.agencies.agencies import close_agency
from accounts.tests.agencies import active_agency_of, agency_of, joined, someone
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import UploadNotWhole
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from lokahome.core.states import TransitionRefused
from lokahome.tests.threads import race
from properties.models import Mandate, Unit
from properties.services.legal_marks import management_cap
from properties.services.mandate_ends import (
    end_mandate,
    end_mandate_by_staff,
    end_mandates_from,
    expire_mandates,
)
from properties.services.mandates import (
    BadTerm,
    FeeAboveCap,
    FeesAboveCap,
    ListingEntrusted,
    MandateLive,
    UnknownAgency,
    accept_mandate,
    decline_mandate,
    entrust_listing,
)
from properties.services.moderation import ReasonMissing
from properties.tests import factories as make
from properties.tests.mandates import (
    as_role,
    handled,
    mandate,
    paper,
    proposed,
    within,
)

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


def test_a_landlord_proposes_and_the_agency_accepts(kossi, afi, agency, unit):
    offer = proposed(kossi.user, unit, agency)
    assert (offer.status, offer.rules_version) == ("proposed", "bj-2026.2")
    row = accept_mandate(
        mandate_id=offer.pk, actor=within(afi.user, agency), now=clock.now()
    )
    assert (row.status, row.accepted_at is not None) == ("active", True)
    assert [told("mandate_proposed"), told("mandate_accepted")] == [1, 1]
    deeds = AuditEvent.objects.filter(subject=f"mandate:{row.pk}")
    assert set(deeds.values_list("action", "actor_id")) == {
        ("mandate.proposed", kossi.id),
        ("mandate.accepted", afi.id),
    }
    assert Upload.objects.get(pk=row.proof_id).status == Upload.Status.ATTACHED


def test_the_cap_is_ten_per_cent_by_rule_and_by_table(kossi, agency, unit):
    assert management_cap() == 1000
    assert proposed(kossi.user, unit, agency, fee_bps=1000).fee_bps == 1000
    other = active_agency_of(someone())
    for fee in (1001, 10_000, -1):
        with pytest.raises(FeeAboveCap) as refusal:
            proposed(kossi.user, unit, other, fee_bps=fee, includes_listing=False)
        assert refusal.value.errors[0].pointer == "/fee_bps"
    assert Mandate.objects.count() == 1
    whole = Upload.objects.filter(kind="mandate", status=Upload.Status.WHOLE)
    assert whole.count() == 3


@pytest.mark.parametrize(("starts", "lasts"), [(-10, 5), (0, -1), (0, 732)])
def test_a_term_that_is_over_or_too_long_is_refused(kossi, agency, unit, starts, lasts):
    first = clock.today() + timedelta(days=starts)
    with pytest.raises(BadTerm):
        proposed(
            kossi.user,
            unit,
            agency,
            starts_on=first,
            expires_on=first + timedelta(days=lasts),
        )
    assert not Mandate.objects.exists()


@pytest.mark.parametrize("which", ["missing", "draft", "suspended", "closed"])
def test_only_a_checked_agency_gets_a_mandate(kossi, afi, unit, which):
    agency = agency_of(afi.user)
    agency_id = uuid7() if which == "missing" else agency.pk
    if which not in {"missing", "draft"}:
        Agency.objects.filter(pk=agency.pk).update(status=which, status_reason="x")
    with pytest.raises(UnknownAgency):
        proposed(kossi.user, unit, Agency(pk=agency_id))
    assert not Mandate.objects.exists()


def test_a_unit_of_others_is_not_entrusted(ama, kossi, agency, unit):
    with pytest.raises(NotFound):
        proposed(ama.user, unit, agency)
    assert not Mandate.objects.exists()


def test_an_agency_proposes_nothing(kossi, agency, unit):
    joined(agency, agency.created_by, kossi.user, "manager")
    with pytest.raises(NotAllowed):
        proposed(within(kossi.user, agency), unit, agency)
    assert not Mandate.objects.exists()


def test_the_paper_is_ones_own_whole_and_used_once(ama, kossi, agency, unit):
    photo = make.upload(kossi.user)
    for upload_id in (paper(ama.user).pk, photo.pk, uuid7()):
        with pytest.raises(NotFound):
            proposed(kossi.user, unit, agency, upload_id=upload_id)
    used = proposed(kossi.user, unit, agency).proof_id
    other = active_agency_of(someone())
    with pytest.raises(UploadNotWhole):
        proposed(kossi.user, unit, other, upload_id=used, includes_listing=False)
    assert Mandate.objects.count() == 1


def test_one_live_mandate_of_a_unit_and_an_agency(kossi, afi, agency, unit):
    offer = proposed(kossi.user, unit, agency)
    with pytest.raises(MandateLive):
        proposed(kossi.user, unit, agency, includes_listing=False)
    ended(offer, kossi.user)
    assert proposed(kossi.user, unit, agency).status == "proposed"


def test_two_agencies_share_a_unit_but_one_has_its_listing(kossi, agency, unit):
    proposed(kossi.user, unit, agency)
    other = active_agency_of(someone())
    with pytest.raises(ListingEntrusted):
        proposed(kossi.user, unit, other)
    assert proposed(kossi.user, unit, other, includes_listing=False).pk
    assert Mandate.objects.live().count() == 2


@pytest.mark.parametrize("role", ["agent", "accountant", "viewer"])
def test_those_who_do_not_lead_answer_nothing(kossi, afi, agency, unit, role):
    offer = proposed(kossi.user, unit, agency)
    member = as_role(afi.user, agency, role)
    for answer in (accept_mandate, decline_mandate):
        with pytest.raises(NotAllowed):
            answer(mandate_id=offer.pk, actor=member, now=clock.now())
    with pytest.raises(NotAllowed):
        ended(offer, member)
    offer.refresh_from_db()
    assert offer.status == "proposed"


def test_neither_the_landlord_nor_another_agency_accepts(kossi, agency, unit):
    offer = proposed(kossi.user, unit, agency)
    founder = someone()
    other = active_agency_of(founder)
    with pytest.raises(NotAllowed):
        accept_mandate(mandate_id=offer.pk, actor=kossi.user, now=clock.now())
    for actor in (founder, within(founder, other)):
        with pytest.raises(NotFound):
            accept_mandate(mandate_id=offer.pk, actor=actor, now=clock.now())
        with pytest.raises(NotFound):
            ended(offer, actor)
    offer.refresh_from_db()
    assert offer.status == "proposed"


def test_a_declined_offer_is_over(kossi, afi, agency, unit):
    offer = proposed(kossi.user, unit, agency)
    actor = within(afi.user, agency)
    decline_mandate(mandate_id=offer.pk, actor=actor, now=clock.now())
    with pytest.raises(TransitionRefused):
        accept_mandate(mandate_id=offer.pk, actor=actor, now=clock.now())
    assert told("mandate_declined") == 1


@pytest.mark.parametrize("who", ["landlord", "agency"])
def test_either_side_ends_it_with_a_reason_and_the_handling_goes(
    kossi, afi, agency, unit, who
):
    listing = make.published(kossi.user, unit=unit)
    row = mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    actor = kossi.user if who == "landlord" else within(afi.user, agency)
    with pytest.raises(ReasonMissing):
        ended(row, actor, reason="  ")
    row = ended(row, actor)
    listing.refresh_from_db()
    assert (row.status, row.end_reason, listing.agency_id) == ("ended", WHY, None)
    assert [told("mandate_ended"), told("handling_ended")] == [1, 1]
    with pytest.raises(TransitionRefused):
        ended(row, actor)


def test_rights_begin_with_the_first_day_and_end_after_the_last(
    kossi, afi, agency, unit
):
    today = clock.today()
    row = mandate(
        kossi.user,
        unit,
        agency,
        afi.user,
        starts_on=today + timedelta(days=2),
        expires_on=today + timedelta(days=3),
    )
    actor = within(afi.user, agency)
    seen = []
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _day in range(6):
            seen.append(Unit.objects.visible_to(actor).exists())
            traveller.shift(timedelta(days=1))
        assert seen == [False, False, True, True, False, False]
        row.refresh_from_db()
        assert row.status == "active"
        assert expire_mandates(now=clock.now()) == 1
        assert expire_mandates(now=clock.now()) == 0
    row.refresh_from_db()
    assert (row.status, row.end_reason) == ("expired", "term")


def test_the_cap_holds_for_all_mandates_that_run_at_once(kossi, afi, agency, unit):
    """Two agencies at 10 % each would cost the landlord 20 % of the rent."""
    today = clock.today()
    mandate(kossi.user, unit, agency, afi.user, fee_bps=600)
    founder = someone()
    other = active_agency_of(founder)
    with pytest.raises(FeesAboveCap):
        proposed(kossi.user, unit, other, fee_bps=401, includes_listing=False)
    assert Mandate.objects.count() == 1
    assert Upload.objects.filter(status="attached").count() == 1
    proposed(kossi.user, unit, other, fee_bps=400, includes_listing=False)
    # What begins when the first is over, or is about another home, is another matter.
    third = active_agency_of(someone())
    later = today + timedelta(days=365)
    until = later + timedelta(days=30)
    proposed(
        kossi.user,
        unit,
        third,
        fee_bps=1000,
        starts_on=later,
        expires_on=until,
        includes_listing=False,
    )
    proposed(kossi.user, make.unit(kossi.user), other, fee_bps=1000)
    assert not check_invariants(["mandate.fees_within_the_cap"])
    Mandate.objects.filter(agency=other, unit=unit).update(fee_bps=401)
    assert check_invariants(["mandate.fees_within_the_cap"])


def test_an_overdue_mandate_does_not_keep_the_listing(kossi, afi, agency, unit):
    """Its job is late; the day decides, as it does for a proposal."""
    today = clock.today()
    founder = someone()
    second = mandate(
        kossi.user,
        unit,
        active_agency_of(founder),
        founder,
        includes_listing=False,
        expires_on=today + timedelta(days=9),
    )
    old = mandate(kossi.user, unit, agency, afi.user, expires_on=today)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        row = entrust_listing(
            mandate_id=second.pk,
            landlord=kossi.user,
            includes_listing=True,
            now=clock.now(),
        )
    old.refresh_from_db()
    assert (row.includes_listing, old.status) == (True, "expired")


def test_an_overdue_mandate_does_not_stand_in_the_way_of_the_next(
    kossi, afi, agency, unit
):
    today = clock.today()
    old = mandate(kossi.user, unit, agency, afi.user, expires_on=today)
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        new = proposed(kossi.user, unit, agency)
    old.refresh_from_db()
    assert (old.status, new.status) == ("expired", "proposed")


def test_an_offer_that_ran_out_is_not_accepted(kossi, afi, agency, unit):
    offer = proposed(kossi.user, unit, agency, expires_on=clock.today())
    actor = within(afi.user, agency)
    with (
        time_machine.travel(clock.now() + timedelta(days=2), tick=False),
        pytest.raises(BadTerm),
    ):
        accept_mandate(mandate_id=offer.pk, actor=actor, now=clock.now())
    offer.refresh_from_db()
    assert offer.status == "proposed"


def test_a_closed_agency_gives_everything_back(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    row = mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    close_agency(agency_id=agency.pk, actor=afi.user, now=clock.now())
    drain()
    row.refresh_from_db()
    listing.refresh_from_db()
    assert (row.status, row.end_reason) == ("ended", "agency_closed")
    assert listing.agency_id is None


def test_staff_with_the_right_end_a_mandate_of_others(
    kossi, agency, unit, moderator, finance
):
    offer = proposed(kossi.user, unit, agency)
    values = {"mandate_id": offer.pk, "reason": "Faux papier.", "now": clock.now()}
    with pytest.raises(NotAllowed):
        end_mandate_by_staff(actor=finance.user, **values)
    assert end_mandate_by_staff(actor=moderator.user, **values).status == "ended"


def test_the_mandates_of_a_landlord_who_leaves_for_good_end(kossi, afi, agency, unit):
    listing = make.published(kossi.user, unit=unit)
    row = mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    assert end_mandates_from(landlord_id=kossi.id, now=clock.now()) == 1
    row.refresh_from_db()
    listing.refresh_from_db()
    assert (row.status, row.end_reason) == ("ended", "landlord_gone")
    assert listing.agency_id is None


# --- Races: threads, real commits ---------------------------------------------------------


def test_two_offers_of_the_listing_at_once_are_one(committed):
    owner = make.landlord()
    unit = make.unit(owner)
    agencies = [active_agency_of(someone(f"G{n}")) for n in range(2)]
    papers = [paper(owner).pk for _ in agencies]
    results = race(
        2,
        lambda index: proposed(owner, unit, agencies[index], upload_id=papers[index]),
    )
    assert sum(isinstance(item, ListingEntrusted) for item in results) == 1, results
    assert Mandate.objects.live().filter(includes_listing=True).count() == 1
