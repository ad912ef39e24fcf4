"""Doubles at the same moment: real threads, real commits, and controls without locks."""

import threading

import pytest

from lokahome.core import clock
from lokahome.core.errors import StateConflict
from marketplace.models import Job, Quote, Review
from marketplace.queries.jobs import code_of
from marketplace.services import acceptance, funding, jobs, reviews
from marketplace.services.acceptance import AlreadyAwarded, accept_quote
from marketplace.services.cancelling import cancel_job
from marketplace.services.codes import JobCodeLocked, JobCodeWrong
from marketplace.services.funding import apply_job_payment
from marketplace.services.jobs import (
    approve_job,
    approve_silent_deliveries,
    deliver_job,
    start_job,
)
from marketplace.tests import factories as make
from payments.queries import held_in, payable_of

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


def kinds(results):
    return sorted(type(result).__name__ for result in results)


def race(count, work):
    from lokahome.tests.threads import race as run

    return run(count, work)


# --- two acceptances ---------------------------------------------------------------------
def two_quotes(customer, *workers):
    row = make.request(customer.user)
    for worker in workers:
        make.provider(worker.user)
    return [make.quote(worker.user, row) for worker in workers]


def accept_both(customer, quotes):
    return race(
        2,
        lambda index: accept_quote(
            quote_id=quotes[index].pk, requester=customer.user, now=clock.now()
        ),
    )


@pytest.fixture
def bio(stranger):
    """A second provider."""
    from accounts.models import RoleGrant

    RoleGrant.objects.create(user=stranger.user, role="provider")
    return stranger


def test_of_two_acceptances_at_once_one_is_refused(ama, afi, bio):
    results = accept_both(ama, two_quotes(ama, afi, bio))
    assert kinds(results) == ["AlreadyAwarded", "Job"]
    assert Job.objects.count() == 1
    assert sorted(Quote.objects.values_list("status", flat=True)) == [
        "accepted",
        "declined",
    ]
    assert make.broken() == []


def test_control_without_the_lock_both_acceptances_pass_the_check(
    ama, afi, bio, monkeypatch
):
    quotes = two_quotes(ama, afi, bio)
    monkeypatch.setattr(acceptance, "locked", unlocked)
    monkeypatch.setattr(acceptance, "step", together(2, acceptance.step))
    results = accept_both(ama, quotes)
    assert not any(isinstance(result, AlreadyAwarded) for result in results)
    # Only the constraint was left to say no, as a fault instead of an answer.
    assert {"IntegrityError", "OperationalError"} & set(kinds(results))
    assert Job.objects.count() == 1


def test_one_quote_accepted_20_times_at_once_gives_one_job(ama, afi):
    make.provider(afi.user)
    sent = make.quote(afi.user, make.request(ama.user))
    results = race(
        20,
        lambda _: accept_quote(
            quote_id=sent.pk, requester=ama.user, now=clock.now()
        ).pk,
    )
    assert len(set(results)) == 1, results
    assert Job.objects.count() == 1
    assert len(make.facts("quote_accepted")) == 1


# --- codes -------------------------------------------------------------------------------
def guess_20_times(job, worker, kind):
    right = int(code_of(job, kind))
    wrong = [f"{(right + step) % 1_000_000:06d}" for step in range(1, 21)]
    upload = make.photo_of(worker.user)

    def guess(index):
        common = {"job_id": job.pk, "provider": worker.user, "now": clock.now()}
        if kind == "start":
            return start_job(code=wrong[index], **common)
        return deliver_job(code=wrong[index], upload_ids=[upload], **common)

    return race(20, guess)


@pytest.mark.parametrize("kind", ["start", "finish"])
def test_of_20_guesses_at_once_five_are_looked_at(ama, afi, kind):
    job = (make.funded if kind == "start" else make.started)(ama.user, afi.user)
    results = guess_20_times(job, afi, kind)
    assert kinds(results) == ["JobCodeLocked"] * 15 + ["JobCodeWrong"] * 5
    job.refresh_from_db()
    assert getattr(job, f"{kind}_tries") == 5
    with pytest.raises(JobCodeLocked):
        start_or_deliver(job, afi, kind, code_of(job, kind))


def start_or_deliver(job, worker, kind, code):
    common = {"job_id": job.pk, "provider": worker.user, "now": clock.now()}
    if kind == "start":
        return start_job(code=code, **common)
    upload = make.photo_of(worker.user)
    return deliver_job(code=code, upload_ids=[upload], **common)


def test_control_without_the_lock_every_guess_is_looked_at(ama, afi, monkeypatch):
    job = make.funded(ama.user, afi.user)
    monkeypatch.setattr(jobs, "locked", unlocked)
    monkeypatch.setattr(jobs, "try_code", together(20, jobs.try_code))
    results = guess_20_times(job, afi, "start")
    wrong = [result for result in results if isinstance(result, JobCodeWrong)]
    assert len(wrong) > 5, kinds(results)


# --- money -------------------------------------------------------------------------------
def apply_20_times(job, charge):
    return race(
        20,
        lambda _: apply_job_payment(
            charge_id=charge.pk,
            job_id=job.pk,
            amount=job.money,
            captured_at=clock.now(),
            now=clock.now(),
        ),
    )


def test_a_payment_applied_20_times_at_once_funds_once(ama, afi):
    job = make.accepted(ama.user, afi.user)
    charge = make.captured(make.asked(job))
    job.refresh_from_db()
    results = apply_20_times(job, charge)
    assert all(isinstance(result, Job) for result in results), results
    assert len(make.facts("job_funded")) == 1
    assert make.refunds() == []
    assert make.broken() == []


def test_control_without_the_lock_the_payment_funds_more_than_once(
    ama, afi, monkeypatch
):
    job = make.accepted(ama.user, afi.user)
    charge = make.captured(make.asked(job))
    job.refresh_from_db()
    monkeypatch.setattr(funding, "locked", unlocked)
    monkeypatch.setattr(funding, "take_step", together(20, funding.take_step))
    apply_20_times(job, charge)
    assert len(make.facts("job_funded")) > 1


def test_approved_by_hand_and_by_silence_at_once_pays_once(ama, afi):
    job = make.delivered(ama.user, afi.user)
    late = make.in_hours(73)
    deeds = (
        lambda: approve_job(job_id=job.pk, customer=ama.user, now=clock.now()),
        lambda: approve_silent_deliveries(now=late),
    )
    results = race(8, lambda index: deeds[index % 2]())
    assert not any(isinstance(result, Exception) for result in results), results
    assert len(make.facts("job_approved")) == 1
    make.tell()
    assert payable_of(afi.id).amount == make.PRICE
    assert held_in(Job.objects.get().escrow_id).amount == 0
    assert make.broken() == []


def test_control_without_the_lock_both_approve(ama, afi, monkeypatch):
    job = make.delivered(ama.user, afi.user)
    monkeypatch.setattr(jobs, "locked", unlocked)
    monkeypatch.setattr(jobs, "take_step", together(2, jobs.take_step))
    late = make.in_hours(73)
    deeds = (
        lambda: approve_job(job_id=job.pk, customer=ama.user, now=clock.now()),
        lambda: approve_silent_deliveries(now=late),
    )
    race(2, lambda index: deeds[index]())
    assert len(make.facts("job_approved")) == 2


def test_a_cancellation_and_a_payment_at_once_lose_no_franc(ama, afi):
    job = make.accepted(ama.user, afi.user)
    charge = make.captured(make.asked(job))
    job.refresh_from_db()
    deeds = (
        lambda: cancel_job(
            job_id=job.pk, person=ama.user, reason="Trop tard", now=clock.now()
        ),
        lambda: apply_job_payment(
            charge_id=charge.pk,
            job_id=job.pk,
            amount=job.money,
            captured_at=clock.now(),
            now=clock.now(),
        ),
    )
    results = race(2, lambda index: deeds[index]())
    assert not any(isinstance(result, Exception) for result in results), results
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert make.refunds() == [make.PRICE]
    assert payable_of(afi.id).amount == 0
    make.tell()
    assert make.broken() == []


def test_a_cancellation_and_a_start_at_once_are_one_or_the_other(ama, afi):
    job = make.funded(ama.user, afi.user)
    code = code_of(job, "start")
    deeds = (
        lambda: cancel_job(
            job_id=job.pk, person=afi.user, reason="Panne de moto", now=clock.now()
        ),
        lambda: start_job(job_id=job.pk, provider=afi.user, code=code, now=clock.now()),
    )
    results = race(2, lambda index: deeds[index]())
    refused = [result for result in results if isinstance(result, Exception)]
    # Started, then cancelled: both. Cancelled first: the start comes too late.
    assert len(refused) in (0, 1)
    assert all(isinstance(result, StateConflict) for result in refused), refused
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert make.refunds() == [make.PRICE]


# --- reviews -----------------------------------------------------------------------------
def write_both(job, *people):
    return race(2, lambda index: make.review(people[index].user, job, rating=4))


def test_two_reviews_at_once_are_revealed_together(ama, afi):
    job = make.closed(ama.user, afi.user)
    results = write_both(job, ama, afi)
    assert all(isinstance(result, Review) for result in results), results
    assert Review.objects.revealed().count() == 2
    assert len(make.facts("reviews_revealed")) == 1
    assert make.broken() == []


def test_control_without_the_lock_two_reviews_stay_hidden(ama, afi, monkeypatch):
    from django.db import transaction

    job = make.closed(ama.user, afi.user)
    monkeypatch.setattr(reviews, "locked", unlocked)
    gate = threading.Barrier(2)

    def write(index):
        with transaction.atomic():
            make.review((ama, afi)[index].user, job, rating=4)
            gate.wait(30)  # neither commits before both have counted

    assert race(2, write) == [None, None]
    assert Review.objects.count() == 2
    assert Review.objects.revealed().count() == 0, "each believed to be the first"
