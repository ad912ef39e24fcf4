"""A ban takes the scam offline, whoever handles it; lifting gives back what it took."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from accounts.models import Sanction, User
from accounts.services.moderation.lifting import ask_lift_of_sanction, lift_sanction
from accounts.services.moderation.sanctions import (
    approve_sanction,
    expire_sanctions,
    impose_sanction,
)
from accounts.tests.agencies import active_agency_of
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from lokahome.core.invariants import check_invariants
from lokahome.tests.people import make_staff
from lokahome.tests.threads import backend_pid, is_waiting, race
from properties.models import Listing
from properties.services import held_listings, live_listings
from properties.services.handling import take_handling
from properties.services.held_listings import hold_listings_of, show_held_listings_of
from properties.services.listings import pause_listing, resume_listing, submit_listing
from properties.services.live_listings import OwnerClosed
from properties.services.moderation import publish_listing
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate, within

PUBLIC = "listing.published_of_an_open_account"


def closed(person: User) -> None:
    """Close the account of *person*, as a ban does."""
    User.objects.filter(pk=person.pk).update(is_active=False)


def opened(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=True)


def held(person: User) -> int:
    return hold_listings_of(landlord_id=person.pk, now=clock.now())


def shown(person: User) -> int:
    return show_held_listings_of(landlord_id=person.pk, now=clock.now())


def state(row: Listing) -> tuple[str, bool]:
    row.refresh_from_db()
    return row.status, row.is_held


def sanction(person: User, *leads: User, **values) -> Sanction:
    """Return a sanction in force, a ban unless said otherwise."""
    made = impose_sanction(
        **{
            "person_id": person.pk,
            "kind": "ban",
            "reason": "scam",
            "words": "Cinq fausses annonces",
            "notice": "Vos annonces étaient fausses.",
            "days": None,
            "actor": leads[0],
            "now": clock.now(),
            **values,
        }
    )
    if made.status == Sanction.Status.PROPOSED:
        approve_sanction(
            sanction_id=made.pk,
            reason="Je confirme.",
            actor=leads[1],
            now=clock.now(),
        )
    return made


@pytest.fixture
def agency(afi):
    """The agency of Afi, checked by staff."""
    return active_agency_of(afi.user)


def test_a_ban_hides_what_is_published_and_lifting_shows_it(committed, client, kossi):
    owner, leads = kossi.user, [make_staff(f"l{i}", "lead").user for i in "12"]
    public, own_pause = make.published(owner), make.published(owner)
    pause_listing(listing_id=own_pause.pk, actor=owner, now=clock.now())
    where = f"/api/v1/listings/{public.pk}"
    assert client.get(where).status_code == 200
    banned = sanction(owner, *leads)
    drain()
    assert state(public) == ("paused", True)
    assert state(own_pause) == ("paused", False)
    assert client.get(where).status_code == 404
    assert client.get("/api/v1/listings").json()["data"] == []
    change = StateChange.objects.filter(subject=f"listing:{public.pk}").last()
    assert (change.actor_kind, change.reason) == ("system", "account_closed")
    lift_by_two(banned, leads)
    drain()
    assert state(public) == ("published", False)
    assert state(own_pause) == ("paused", False), "what its owner paused stays paused"
    assert client.get(where).status_code == 200


def lift_by_two(banned: Sanction, leads: list[User]) -> None:
    """End a ban as it began: one asks, another agrees."""
    values = {"sanction_id": banned.pk, "reason": "À tort.", "now": clock.now()}
    ask_lift_of_sanction(actor=leads[0], **values)
    lift_sanction(actor=leads[1], **values)


def test_a_suspension_does_and_its_time_gives_back(committed):
    owner, leads = make.landlord(), [make_staff(f"l{i}", "lead").user for i in "12"]
    public = make.published(owner)
    sanction(owner, *leads, kind="suspend", days=7)
    drain()
    assert state(public) == ("paused", True)
    assert expire_sanctions(now=clock.now() + timedelta(days=8)) == 1
    drain()
    assert state(public) == ("published", False)


def test_a_warning_and_a_restriction_hide_nothing(committed):
    owner, leads = make.landlord(), [make_staff(f"l{i}", "lead").user for i in "12"]
    public = make.published(owner)
    for kind, days in (("warn", None), ("restrict", 3)):
        sanction(owner, *leads, kind=kind, days=days)
    drain()
    assert state(public) == ("published", False)


def test_what_still_closes_the_account_keeps_it_hidden(db):
    owner = make.landlord()
    public = make.published(owner)
    closed(owner)
    assert held(owner) == 1
    assert held(owner) == 0, "again is harmless"
    assert shown(owner) == 0, "one of two sanctions ended"
    assert state(public) == ("paused", True)
    opened(owner)
    assert shown(owner) == 1
    assert held(owner) == 0, "news that came late"
    assert state(public) == ("published", False)


def test_an_agency_loses_it_and_gets_it_back_by_taking_it(kossi, afi, agency):
    unit = make.unit(kossi.user)
    given = mandate(kossi.user, unit, agency, afi.user, includes_listing=True)
    row = handled(make.published(kossi.user, unit=unit), agency, afi.user)
    closed(kossi.user)
    held(kossi.user)
    assert state(row) == ("paused", True)
    assert row.agency_id is None
    ended = OutboxEvent.objects.filter(name="properties.handling_ended").get()
    assert ended.payload["agency_id"] == str(agency.pk)
    member = within(afi.user, agency)
    with pytest.raises(OwnerClosed):
        take_handling(listing_id=row.pk, actor=member, now=clock.now())
    row.refresh_from_db()
    assert row.agency_id is None
    opened(kossi.user)
    shown(kossi.user)
    assert row.agency_id is None
    take_handling(listing_id=row.pk, actor=member, now=clock.now())
    given.refresh_from_db()
    assert given.status == "active", "the contract between the two stands"


def test_nobody_puts_it_online_meanwhile(kossi, afi, agency, monkeypatch):
    unit = make.unit(kossi.user)
    mandate(kossi.user, unit, agency, afi.user, includes_listing=True)
    paused = handled(make.published(kossi.user, unit=unit), agency, afi.user)
    member = within(afi.user, agency)
    pause_listing(listing_id=paused.pk, actor=member, now=clock.now())
    waiting = make.submitted(kossi.user)
    closed(kossi.user)  # the news of it are still on their way
    before = Listing.objects.order_by("id").values_list("pk", "status", "version")
    seen = list(before)
    with pytest.raises(OwnerClosed):
        resume_listing(listing_id=paused.pk, actor=member, now=clock.now())
    with pytest.raises(OwnerClosed):
        publish_listing(listing_id=waiting.pk, actor_id=afi.id, now=clock.now())
    assert list(before.all()) == seen
    monkeypatch.setattr(live_listings, "require_open_owner", lambda _: None)
    publish_listing(listing_id=waiting.pk, actor_id=afi.id, now=clock.now())
    assert state(waiting) == ("published", False), "the control"


def test_what_people_do_with_a_held_listing_stays(db):
    owner = make.landlord()
    row = make.published(owner)
    closed(owner)
    held(owner)
    opened(owner)  # and before the news of it come, its owner is back
    resume_listing(listing_id=row.pk, actor=owner, now=clock.now())
    assert state(row) == ("published", False)
    pause_listing(listing_id=row.pk, actor=owner, now=clock.now())
    assert shown(owner) == 0
    assert state(row) == ("paused", False)


def test_an_owner_who_is_closed_submits_nothing(db):
    owner = make.landlord()
    row = make.listing(owner)
    make.photo(row)
    closed(owner)
    with pytest.raises(OwnerClosed):
        submit_listing(listing_id=row.pk, actor=owner, now=clock.now())
    assert state(row) == ("draft", False)


def publish_while_banned(owner: User, row: Listing, monkeypatch) -> None:
    """Let a moderator publish *row* just as its owner's account closes."""
    looked, done = threading.Event(), threading.Event()
    backend: list[int] = []
    look = live_listings.require_open_owner

    def look_slowly(listing):
        look(listing)
        looked.set()
        while not done.wait(0.01) and not (backend and is_waiting(backend[0])):
            pass

    monkeypatch.setattr(live_listings, "require_open_owner", look_slowly)

    def work(index: int) -> object:
        if index == 0:
            staff = User.objects.get(username="moderator")
            return publish_listing(
                listing_id=row.pk, actor_id=staff.pk, now=clock.now()
            )
        assert looked.wait(30)
        try:
            backend.append(backend_pid())
            closed(owner)
            return held(owner)
        finally:
            done.set()

    for result in race(2, work):
        assert not isinstance(result, BaseException), result


def test_publishing_beside_a_ban_ends_hidden(committed, moderator, monkeypatch):
    owner = make.landlord()
    row = make.submitted(owner)
    publish_while_banned(owner, row, monkeypatch)
    assert state(row) == ("paused", True)


def test_control_without_the_lock_it_stays_public(committed, moderator, monkeypatch):
    owner = make.landlord()
    row = make.submitted(owner)

    def unlocked(landlord_id):
        return list(Listing.objects.open().filter(landlord_id=landlord_id))

    monkeypatch.setattr(held_listings, "_locked", unlocked)
    publish_while_banned(owner, row, monkeypatch)
    assert state(row) == ("published", False)


def test_the_invariant_sees_what_was_left_public(committed):
    owner, leads = make.landlord(), [make_staff(f"l{i}", "lead").user for i in "12"]
    make.published(owner)
    banned = sanction(owner, *leads)
    assert check_invariants([PUBLIC]) == [], "the news need their seconds"
    earlier = clock.now() - timedelta(minutes=16)
    Sanction.objects.filter(pk=banned.pk).update(starts_at=earlier)
    assert [item.invariant for item in check_invariants([PUBLIC])] == [PUBLIC]
    drain()
    assert check_invariants([PUBLIC]) == []
