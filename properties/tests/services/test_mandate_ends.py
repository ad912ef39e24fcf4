"""Many mandates that end at once: one that fails, and a ban of their owner beside them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, transaction

from accounts.models import User
from accounts.tests.agencies import active_agency_of, someone
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import make_person
from lokahome.tests.threads import backend_pid, is_waiting, race
from properties.models import Listing, Mandate
from properties.services import mandate_ends
from properties.services.held_listings import hold_listings_of
from properties.services.mandate_ends import (
    end_mandates_from,
    end_mandates_of,
    expire_mandates,
)
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate

SOON = timedelta(days=3)


def two_entrusted() -> tuple[User, list[Listing], list[Mandate]]:
    """Return an owner, two handled listings, and their mandates: the later one ends first.

    So neither the order of mandates nor that of their last days is that of the listings.
    """
    founder = someone()
    owner = make_person(
        name="Kossi Adjovi", phone="+2290197009001", roles=("landlord",), level=2
    )
    agency = active_agency_of(founder)
    listings = [make.published(owner, unit=make.unit(owner)) for _ in range(2)]
    mandates = []
    for days, listing in enumerate(reversed(listings)):
        last = clock.today() + timedelta(days=days)
        mandates.append(mandate(owner, listing.unit, agency, founder, expires_on=last))
        handled(listing, agency, founder)
    return owner, listings, mandates


def test_one_that_fails_holds_up_nobody(db, monkeypatch):
    _owner, listings, mandates = two_entrusted()
    release = mandate_ends.release_handling
    failing, other = mandates

    def broken(*, unit_id, **values):
        if unit_id == failing.unit_id:
            raise RuntimeError("this one")
        return release(unit_id=unit_id, **values)

    monkeypatch.setattr(mandate_ends, "release_handling", broken)
    with time_machine.travel(clock.now() + SOON, tick=False):
        assert expire_mandates(now=clock.now()) == 1
    before = failing.version
    failing.refresh_from_db()
    other.refresh_from_db()
    assert (failing.status, failing.version) == ("active", before)
    assert (failing.ended_at, failing.end_reason) == (None, "")
    kept, gone = Listing.objects.get(pk=listings[1].pk), listings[0]
    gone.refresh_from_db()
    assert (kept.agency_id, gone.agency_id) == (failing.agency_id, None)
    assert other.status == "expired"
    told = OutboxEvent.objects.filter(name="properties.mandate_ended").get()
    assert told.payload["mandate_id"] == str(other.pk)
    deed = AuditEvent.objects.get(action="mandate.ended")
    assert deed.subject == f"mandate:{other.pk}"
    monkeypatch.undo()
    with time_machine.travel(clock.now() + SOON, tick=False):
        assert expire_mandates(now=clock.now()) == 1, "it is still due"


def by_date(_owner, _agency_id):
    return expire_mandates(now=clock.now() + SOON)


def by_closing(_owner, agency_id):
    return end_mandates_of(agency_id=agency_id, now=clock.now())


def by_leaving(owner, _agency_id):
    return end_mandates_from(landlord_id=owner.pk, now=clock.now())


def end_beside_a_ban(ending, monkeypatch):
    """End two mandates while their owner's listings are held; return what came of it.

    After the first release the ban gets as far as it can: until it waits, or is through.
    """
    owner, listings, mandates = two_entrusted()
    agency_id = mandates[0].agency_id
    User.objects.filter(pk=owner.pk).update(is_active=False)
    first_gone, done = threading.Event(), threading.Event()
    backend: list[int] = []
    release = mandate_ends.release_handling

    def release_slowly(**values):
        count = release(**values)
        if not first_gone.is_set():
            first_gone.set()
            while not done.wait(0.01) and not (backend and is_waiting(backend[0])):
                pass
        return count

    monkeypatch.setattr(mandate_ends, "release_handling", release_slowly)

    def work(index: int) -> object:
        if index == 0:
            return ending(owner, agency_id)
        assert first_gone.wait(30)
        try:
            backend.append(backend_pid())
            return hold_listings_of(landlord_id=owner.pk, now=clock.now())
        finally:
            done.set()

    return race(2, work), listings


@pytest.mark.parametrize("ending", [by_date, by_closing, by_leaving])
def test_ending_beside_a_ban_does_not_lock_each_other_out(
    committed, monkeypatch, ending
):
    results, listings = end_beside_a_ban(ending, monkeypatch)
    assert results == [2, 2]
    for row in listings:
        row.refresh_from_db()
        assert (row.status, row.agency_id) == ("paused", None)
    assert set(Mandate.objects.values_list("status", flat=True)) <= {
        "ended",
        "expired",
    }


@pytest.mark.parametrize("ending", [by_closing, by_leaving])
def test_control_without_the_order_of_ids_they_do(committed, monkeypatch, ending):
    monkeypatch.setattr(mandate_ends, "_lock_listings", lambda _: None)
    results, _listings = end_beside_a_ban(ending, monkeypatch)
    assert any(isinstance(item, OperationalError) for item in results), results


def test_control_in_one_transaction_the_days_order_does(committed, monkeypatch):
    def all_at_once(owner, agency_id):
        with transaction.atomic():
            mandates = Mandate.objects.live().order_by("expires_on")
            for pk in list(mandates.values_list("pk", flat=True)):
                mandate_ends._expire(pk, clock.now() + SOON)

    results, _listings = end_beside_a_ban(all_at_once, monkeypatch)
    assert any(isinstance(item, OperationalError) for item in results), results
