"""How many listings one landlord may have live, by level; the last place is taken once."""

import pytest

from accounts.models import IdentityCheck, RoleGrant
from accounts.services.identity.levels import recompute_levels
from lokahome.core import clock
from lokahome.core.money import Money
from lokahome.tests.people import make_person
from lokahome.tests.threads import race
from properties.models import Listing
from properties.services import live_listings
from properties.services.listings import (
    edit_listing,
    pause_listing,
    resume_listing,
    submit_listing,
)
from properties.services.live_listings import TooManyListings
from properties.services.moderation import publish_listing
from properties.tests import factories as make


def landlord_at(level):
    return make_person(
        name="Codjo Zinsou",
        phone="+2290197000042",
        roles=("tenant", "landlord"),
        level=level,
    )


def ready(owner):
    """Return a draft that could be submitted."""
    draft = make.listing(owner)
    make.photo(draft)
    return draft


def submitted(owner, draft):
    return submit_listing(listing_id=draft.pk, actor=owner, now=clock.now())


def live(owner):
    states = ("submitted", "published")
    return Listing.objects.filter(landlord=owner, status__in=states).count()


@pytest.mark.django_db
@pytest.mark.parametrize(("level", "allowed"), [(0, 1), (1, 3)])
def test_a_level_lets_so_many_go_live_and_no_more(level, allowed):
    owner = landlord_at(level)
    for _ in range(allowed):
        submitted(owner, ready(owner))
    one_more = ready(owner)
    with pytest.raises(TooManyListings):
        submitted(owner, one_more)
    one_more.refresh_from_db()
    assert (one_more.status, one_more.submitted_at) == ("draft", None)
    assert live(owner) == allowed


@pytest.mark.django_db
def test_from_level_2_on_there_is_no_limit():
    owner = landlord_at(2)
    for _ in range(5):
        submitted(owner, ready(owner))
    assert live(owner) == 5


@pytest.mark.django_db
def test_a_paused_listing_gives_its_place_and_does_not_come_back_beside_another():
    owner = landlord_at(0)
    first = make.published(owner)
    pause_listing(listing_id=first.pk, actor=owner, now=clock.now())
    submitted(owner, ready(owner))
    with pytest.raises(TooManyListings):
        resume_listing(listing_id=first.pk, actor=owner, now=clock.now())
    first.refresh_from_db()
    assert first.status == "paused"


@pytest.mark.django_db
def test_a_paused_listing_that_was_edited_is_not_published_beside_another():
    owner = landlord_at(0)
    first = make.published(owner)
    pause_listing(listing_id=first.pk, actor=owner, now=clock.now())
    second = make.published(owner)
    edit_listing(
        listing_id=first.pk,
        actor=owner,
        changes={"rent": Money(90_000)},
        now=clock.now(),
    )
    with pytest.raises(TooManyListings):
        publish_listing(listing_id=first.pk, actor_id=make.MODERATOR, now=clock.now())
    first.refresh_from_db()
    assert first.status == "submitted"
    pause_listing(listing_id=second.pk, actor=owner, now=clock.now())
    again = publish_listing(
        listing_id=first.pk, actor_id=make.MODERATOR, now=clock.now()
    )
    assert again.status == "published"


@pytest.mark.django_db
def test_a_level_that_falls_takes_nothing_down_and_lets_nothing_new_up():
    owner = landlord_at(2)
    for _ in range(3):
        submitted(owner, ready(owner))
    IdentityCheck.objects.filter(person=owner).update(
        status="expired", end_cause="date"
    )
    recompute_levels(person_id=owner.pk)
    assert RoleGrant.objects.get(user=owner, role="landlord").level == 0
    assert live(owner) == 3
    with pytest.raises(TooManyListings):
        submitted(owner, ready(owner))


def test_two_listings_at_once_take_the_last_place_once(committed):
    owner = landlord_at(0)
    drafts = [ready(owner) for _ in range(3)]
    results = race(3, lambda index: submitted(owner, drafts[index]))
    assert sum(isinstance(item, TooManyListings) for item in results) == 2, results
    assert live(owner) == 1


def test_control_without_the_lock_both_take_it(committed, monkeypatch):
    """The race above is real: both count before either writes."""
    import threading

    both_counted = threading.Barrier(2)
    monkeypatch.setattr(live_listings, "advisory_lock", lambda *_: None)
    may = live_listings.may_publish

    def slow(**values):
        both_counted.wait(30)
        return may(**values)

    monkeypatch.setattr(live_listings, "may_publish", slow)
    owner = landlord_at(0)
    drafts = [ready(owner) for _ in range(2)]
    race(2, lambda index: submitted(owner, drafts[index]))
    assert live(owner) == 2
