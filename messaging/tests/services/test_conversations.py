"""Opening: the subject says who takes part, and nobody else may."""

import pytest

from lokahome.core import clock
from lokahome.core.errors import NotFound, RateLimited
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from marketplace.models import Job
from marketplace.tests import factories as jobs
from messaging.models import Conversation, Participant, PersonEvent
from messaging.queries.events import events_after
from messaging.services.conversations import open_conversation
from messaging.services.subjects import ListingClosed, WithOneself
from messaging.tests import factories as make
from properties.models import Application, Lease
from properties.services.applications import withdraw_application
from properties.services.listings import pause_listing
from properties.tests import factories as homes

pytestmark = pytest.mark.django_db


def opened(subject, person):
    return open_conversation(subject=subject, person=person.user, now=clock.now())


def people_in(conversation):
    return set(conversation.participants.values_list("person_id", flat=True))


def nothing_was_opened():
    return not any(
        model.objects.exists() for model in (Conversation, Participant, PersonEvent)
    )


def test_who_asks_about_a_listing_talks_to_its_landlord(kossi, ama):
    listing = homes.published(kossi.user)
    first = opened(f"listing:{listing.pk}", ama)
    assert first.is_new
    assert people_in(first.conversation) == {kossi.id, ama.id}
    assert first.moved == {kossi.id: 1, ama.id: 1}
    for person in (kossi, ama):
        [told] = events_after(person.id, 0)
        assert told["kind"] == "conversation"
        assert told["conversation"]["id"] == str(first.conversation.pk)
        assert told["conversation"]["last_message"] is None
    assert check_invariants() == []


def test_asking_again_returns_the_same_conversation(kossi, ama):
    listing = homes.published(kossi.user)
    first = opened(f"listing:{listing.pk}", ama)
    again = opened(f"listing:{listing.pk}", ama)
    assert (again.conversation, again.is_new, again.moved) == (
        first.conversation,
        False,
        {},
    )
    assert PersonEvent.objects.count() == 2


def test_each_who_asks_has_a_conversation_of_their_own(kossi, ama, stranger):
    listing = homes.published(kossi.user)
    mine = opened(f"listing:{listing.pk}", ama).conversation
    other = opened(f"listing:{listing.pk}", stranger).conversation
    assert mine != other
    assert ama.id not in people_in(other)


@pytest.mark.parametrize("make_listing", [homes.listing, homes.submitted])
def test_nobody_asks_about_a_listing_that_is_not_published(kossi, ama, make_listing):
    listing = make_listing(kossi.user)
    with pytest.raises(NotFound):
        opened(f"listing:{listing.pk}", ama)
    assert nothing_was_opened()


def test_who_applied_may_not_begin_anew_once_it_is_off(kossi, ama):
    listing = homes.published(kossi.user)
    homes.application(ama.user, listing)
    pause_listing(listing_id=listing.pk, actor=kossi.user, now=clock.now())
    with pytest.raises(ListingClosed):
        opened(f"listing:{listing.pk}", ama)
    assert nothing_was_opened()


def test_a_conversation_outlives_its_listing(kossi, ama):
    listing = homes.published(kossi.user)
    first = opened(f"listing:{listing.pk}", ama)
    pause_listing(listing_id=listing.pk, actor=kossi.user, now=clock.now())
    assert opened(f"listing:{listing.pk}", ama).conversation == first.conversation
    make.say(first.conversation, ama.user, "Et si elle se libère ?")


def test_a_conversation_with_oneself_is_refused(kossi):
    listing = homes.published(kossi.user)
    with pytest.raises(WithOneself):
        opened(f"listing:{listing.pk}", kossi)
    assert nothing_was_opened()


@pytest.mark.parametrize("noun", ["application", "lease"])
def test_both_parties_of_an_agreement_share_one_conversation(
    kossi, ama, stranger, noun
):
    lease = homes.active_lease(kossi.user, ama.user)
    row_id = {"application": lease.application_id, "lease": lease.pk}[noun]
    first = opened(f"{noun}:{row_id}", ama)
    second = opened(f"{noun}:{row_id}", kossi)
    assert first.conversation == second.conversation
    assert (first.is_new, second.is_new) == (True, False)
    assert people_in(first.conversation) == {kossi.id, ama.id}
    with pytest.raises(NotFound):
        opened(f"{noun}:{row_id}", stranger)
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("with_occupant", [False, True])
def test_everybody_of_a_job_shares_its_conversation(
    kossi, ama, afi, stranger, with_occupant
):
    job = jobs.accepted(kossi.user, afi.user)
    if with_occupant:
        Job.objects.filter(pk=job.pk).update(occupant=ama.user)
    first = opened(f"job:{job.pk}", afi)
    people = {kossi.id, afi.id} | ({ama.id} if with_occupant else set())
    assert people_in(first.conversation) == people
    assert first.conversation == opened(f"job:{job.pk}", kossi).conversation
    if with_occupant:
        assert first.conversation == opened(f"job:{job.pk}", ama).conversation
    with pytest.raises(NotFound):
        opened(f"job:{job.pk}", stranger)


def test_a_draft_is_nothing_to_talk_about(kossi, ama):
    sent = homes.application(ama.user, homes.published(kossi.user))
    Application.objects.filter(pk=sent.pk).update(status="draft")
    for person in (ama, kossi):
        with pytest.raises(NotFound):
            opened(f"application:{sent.pk}", person)
    assert nothing_was_opened()


@pytest.mark.parametrize("status", ["declined", "withdrawn", "expired"])
def test_an_application_that_is_over_is_no_way_to_somebody(kossi, ama, status):
    sent = homes.application(ama.user, homes.published(kossi.user))
    now = clock.now()
    Application.objects.filter(pk=sent.pk).update(
        status=status, decided_at=now, decision_reason="Déjà promis"
    )
    for person in (ama, kossi):
        with pytest.raises(NotFound):
            opened(f"application:{sent.pk}", person)
    assert nothing_was_opened()


def test_a_lease_that_never_came_to_be_is_no_way_to_somebody(kossi, ama):
    lease = homes.drafted_lease(kossi.user, ama.user)
    Lease.objects.filter(pk=lease.pk).update(status="abandoned")
    for person in (ama, kossi):
        with pytest.raises(NotFound):
            opened(f"lease:{lease.pk}", person)
    assert nothing_was_opened()


def test_what_was_begun_goes_on_when_the_application_is_over(kossi, ama):
    sent = homes.application(ama.user, homes.published(kossi.user))
    first = opened(f"application:{sent.pk}", kossi).conversation
    withdraw_application(application_id=sent.pk, tenant=ama.user, now=clock.now())
    assert opened(f"application:{sent.pk}", ama).conversation == first


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "listing",
        "listing:",
        "listing:42",
        "listing:{pk}:{pk}",
        "LISTING:{pk}",
        "listing:{hex}",
        "user:{pk}",
        "lease:{pk}",
        "application:{pk}",
        "job:{pk}",
        "listing:{pk}\x00",
    ],
)
def test_a_subject_that_is_none_is_not_found(ama, subject):
    pk = uuid7()
    with pytest.raises(NotFound):
        opened(subject.format(pk=pk, hex=pk.hex), ama)
    assert nothing_was_opened()


def test_who_writes_to_every_landlord_is_stopped(kossi, ama, stranger, monkeypatch):
    monkeypatch.setattr("messaging.services.conversations.OPENED_A_DAY", 1)
    first, second = homes.published(kossi.user), homes.published(kossi.user)
    opened(f"listing:{first.pk}", ama)
    with pytest.raises(RateLimited):
        opened(f"listing:{second.pk}", ama)
    assert Conversation.objects.count() == 1
    assert not opened(f"listing:{first.pk}", ama).is_new, "finding costs nothing"
    assert opened(f"listing:{second.pk}", stranger).is_new
