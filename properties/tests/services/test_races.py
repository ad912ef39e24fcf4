"""Doubles at the same moment: real threads, real commits, and controls without locks."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import transaction

from lokahome.core import clock
from lokahome.core.errors import StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.invariants import check_invariants
from lokahome.tests.threads import race
from properties.models import Application, Lease, RentAllocation, RentPeriod
from properties.services import applications, leases, rent
from properties.services.applications import (
    AlreadyPromised,
    accept_application,
    withdraw_application,
)
from properties.services.leases import sign_lease
from properties.services.periods import month_after, open_due_periods
from properties.tests import factories as make

pytestmark = pytest.mark.usefixtures("committed")


def unlocked(queryset, pk):
    """Stand in for `locked`: the same row, and nobody waits."""
    return queryset.get(pk=pk)


def together(count, work):
    """Make *count* threads meet before any of them goes on with *work*."""
    gate = threading.Barrier(count)

    def wait(*args, **kwargs):
        gate.wait(30)
        return work(*args, **kwargs)

    return wait


def two_applications(owner, *seekers):
    listing = make.published(owner.user)
    return [make.application(seeker.user, listing) for seeker in seekers]


def accept_both(owner, sent):
    return race(
        2,
        lambda index: accept_application(
            application_id=sent[index].pk, landlord=owner.user, now=clock.now()
        ),
    )


def test_of_two_acceptances_at_once_one_is_refused(kossi, ama, stranger):
    results = accept_both(kossi, two_applications(kossi, ama, stranger))
    assert sorted(type(result).__name__ for result in results) == [
        "AlreadyPromised",
        "tuple",
    ]
    assert Application.objects.accepted().count() == 1
    assert Lease.objects.count() == 1


def test_control_without_the_lock_both_acceptances_pass_the_check(
    kossi, ama, stranger, monkeypatch
):
    monkeypatch.setattr(applications, "locked", unlocked)
    sent = two_applications(kossi, ama, stranger)
    monkeypatch.setattr(applications, "_step", together(2, applications._step))
    results = accept_both(kossi, sent)
    assert not any(isinstance(result, AlreadyPromised) for result in results)
    # Only the constraint was left to say no, as a fault instead of an answer.
    assert "IntegrityError" in {type(result).__name__ for result in results}
    assert Application.objects.accepted().count() == 1


def sign_both(lease, *people):
    return race(
        2,
        lambda index: sign_lease(
            lease_id=lease.pk,
            person=people[index].user,
            terms_digest=lease.terms_digest,
            now=clock.now(),
        ),
    )


def test_two_signatures_at_once_start_the_lease_once(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    results = sign_both(lease, kossi, ama)
    assert all(isinstance(result, Lease) for result in results), results
    lease.refresh_from_db()
    assert lease.status == "active"
    assert lease.rent_periods.count() == 1
    activated = OutboxEvent.objects.filter(name="properties.lease_activated")
    assert activated.count() == 1
    assert check_invariants() == []


def test_control_without_the_lock_two_signatures_start_nothing(kossi, ama, monkeypatch):
    lease = make.lease_to_sign(kossi.user, ama.user)
    monkeypatch.setattr(leases, "locked", unlocked)
    gate = threading.Barrier(2)

    def sign(index):
        with transaction.atomic():
            sign_lease(
                lease_id=lease.pk,
                person=(kossi, ama)[index].user,
                terms_digest=lease.terms_digest,
                now=clock.now(),
            )
            gate.wait(30)  # neither commits before both have counted signatures

    assert race(2, sign) == [None, None]
    lease.refresh_from_db()
    assert lease.signatures.count() == 2
    assert lease.status == "out_for_signature", "each believed to be the first"


def test_a_withdrawal_and_the_last_signature_do_not_wait_for_each_other(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    signing = {"lease_id": lease.pk, "terms_digest": lease.terms_digest}
    sign_lease(person=ama.user, now=clock.now(), **signing)
    deeds = (
        lambda: sign_lease(person=kossi.user, now=clock.now(), **signing),
        lambda: withdraw_application(
            application_id=lease.application_id, tenant=ama.user, now=clock.now()
        ),
    )
    refused = [r for r in race(2, lambda index: deeds[index]()) if is_refusal(r)]
    assert len(refused) == 1
    assert isinstance(refused[0], StateConflict), refused
    lease.refresh_from_db()
    ends = (lease.status, lease.application.status)
    assert ends in {("active", "converted"), ("abandoned", "withdrawn")}


def is_refusal(result):
    return isinstance(result, Exception)


def apply_20_times(lease, charge):
    return race(20, lambda _: make.settle(charge, lease))


def test_a_charge_applied_20_times_at_once_counts_once(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease, 50_000)
    results = apply_20_times(lease, charge)
    assert not any(isinstance(result, Exception) for result in results), results
    period = RentPeriod.objects.get()
    assert (period.paid, period.status) == (35_000, "paid")
    assert RentAllocation.objects.count() == 1
    assert lease.rent_payments.get().credit == 15_000
    assert OutboxEvent.objects.filter(name="properties.rent_paid").count() == 1
    assert check_invariants() == []


def test_control_without_the_lock_doubles_collide(kossi, ama, monkeypatch):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease, 20_000)
    gate = threading.Barrier(20)

    def read_then_meet(charge_id, lease, payer_id, amount):
        payment = lease.rent_payments.get(charge_id=charge_id)
        gate.wait(30)
        return payment

    monkeypatch.setattr(rent, "locked", unlocked)
    monkeypatch.setattr(rent, "_payment_of", read_then_meet)
    results = apply_20_times(lease, charge)
    assert any(isinstance(result, Exception) for result in results)


def test_four_beats_at_once_open_each_period_once(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    day = month_after(lease.starts_on, 2)
    later = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    results = race(4, lambda _: open_due_periods(now=later))
    assert sum(results) == 2
    assert lease.rent_periods.count() == 3


def locks_taken(monkeypatch, module, work):
    """Return the names of the models whose rows *work* locks, in order."""
    taken, real = [], module.locked

    def note(queryset, pk):
        taken.append(queryset.model.__name__)
        return real(queryset, pk)

    with monkeypatch.context() as patch:
        patch.setattr(module, "locked", note)
        work()
    return taken


def test_signing_and_accepting_take_the_listing_before_the_application(
    kossi, ama, stranger, monkeypatch
):
    """The other way round, accepting again during the last signature is a deadlock."""
    sent, _other = two_applications(kossi, ama, stranger)
    accepting = locks_taken(
        monkeypatch,
        applications,
        lambda: accept_application(
            application_id=sent.pk, landlord=kossi.user, now=clock.now()
        ),
    )
    lease = make.lease_to_sign(kossi.user, stranger.user)

    def sign():
        for person in (kossi, stranger):
            sign_lease(
                lease_id=lease.pk,
                person=person.user,
                terms_digest=lease.terms_digest,
                now=clock.now(),
            )

    signing = locks_taken(monkeypatch, leases, sign)
    for taken in (accepting, signing):
        assert taken.index("Listing") < taken.index("Application")
