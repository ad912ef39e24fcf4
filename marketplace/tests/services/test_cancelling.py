"""Giving a job up: who loses what, at which lead time, to the franc."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.states import TransitionRefused
from marketplace.models import Job
from marketplace.policies import cancellation_terms
from marketplace.services.cancelling import cancel_job
from marketplace.services.job_steps import WhyMissing
from marketplace.services.quotes import Line
from marketplace.tests import factories as make
from payments.queries import held_in, payable_of

pytestmark = pytest.mark.django_db
SLOW_MACHINES = settings(deadline=None)
ODD = (Line("labour", "Main-d’œuvre", 19_999),)


def cancel(job, person, **values):
    values = {"reason": "Empêchement", "now": clock.now(), **values}
    return cancel_job(job_id=job.pk, person=person.user, **values)


@pytest.mark.parametrize(
    ("hours_left", "refund"),
    [
        (24.5, 19_999),
        (23.5, 17_999),
        (4.5, 17_999),
        (3.5, 14_999),
        (-1.5, 14_999),
        (-2.5, 19_999),
    ],
)
def test_a_customer_loses_more_as_the_appointment_comes_near(
    ama, afi, hours_left, refund
):
    appointment = make.in_hours(72)
    job = make.funded(ama.user, afi.user, lines=ODD, starts_at=appointment)
    with time_machine.travel(appointment - timedelta(hours=hours_left), tick=False):
        cancel(job, ama)
        make.tell()
    job.refresh_from_db()
    assert (job.status, job.to_customer) == ("cancelled", refund)
    assert (job.cancelled_by, job.ended_reason) == ("customer", "Empêchement")
    assert sum(make.refunds()) == refund
    assert payable_of(afi.id).amount == 19_999 - refund
    assert held_in(job.escrow_id).amount == refund, "until the refunds have left"
    (fact,) = make.facts("job_cancelled")
    assert (fact["cancelled_by"], fact["refund"]) == ("customer", refund)
    assert make.broken() == []


def test_without_an_appointment_a_customer_loses_nothing_before_the_start(ama, afi):
    job = make.funded(ama.user, afi.user)
    cancel(job, ama)
    assert make.refunds() == [make.PRICE]
    assert payable_of(afi.id).amount == 0


def test_an_appointment_that_was_over_before_it_was_paid_costs_nothing(ama, afi):
    """Who quotes for in an hour, is paid after it and never comes, keeps nothing."""
    job = make.accepted(ama.user, afi.user, starts_at=make.in_hours(1))
    with time_machine.travel(make.in_hours(1.5), tick=False):
        make.captured(make.asked(job))
        make.tell()
        job = cancel(job, ama)
    assert (job.to_customer, payable_of(afi.id).amount) == (make.PRICE, 0)
    assert make.broken() == []


def test_a_provider_who_is_gone_before_the_start_keeps_nothing(ama, afi):
    job = make.funded(ama.user, afi.user, starts_at=make.in_hours(2))
    User.objects.filter(pk=afi.id).update(is_active=False)
    job = cancel(job, ama)
    assert (job.to_customer, payable_of(afi.id).amount) == (make.PRICE, 0)
    assert make.broken() == []


@pytest.mark.parametrize("hours_left", [48, 1, -1])
def test_a_provider_who_gives_up_keeps_nothing(ama, afi, hours_left):
    appointment = make.in_hours(72)
    job = make.funded(ama.user, afi.user, starts_at=appointment)
    with time_machine.travel(appointment - timedelta(hours=hours_left), tick=False):
        cancel(job, afi)
    job.refresh_from_db()
    assert (job.cancelled_by, job.to_customer) == ("provider", make.PRICE)
    assert make.refunds() == [make.PRICE]
    assert payable_of(afi.id).amount == 0


def test_stopping_begun_work_is_half_the_customers_and_all_the_providers_loss(
    ama, afi, kossi
):
    job = make.started(ama.user, afi.user, lines=ODD)
    cancel(job, ama)
    assert make.refunds() == [10_000], "of an odd franc, the customer's"
    assert payable_of(afi.id).amount == 9_999
    other = make.started(kossi.user, afi.user)
    cancel(other, afi)
    assert make.refunds() == [10_000, make.PRICE]
    assert payable_of(afi.id).amount == 9_999
    make.tell()
    assert make.broken() == []


@pytest.mark.parametrize("party", ["ama", "afi"])
def test_before_it_is_paid_giving_up_is_free(ama, afi, party):
    job = make.accepted(ama.user, afi.user)
    cancel(job, {"ama": ama, "afi": afi}[party])
    job.refresh_from_db()
    assert (job.status, job.to_customer) == ("cancelled", 0)
    assert job.request.status == "closed"
    assert make.refunds() == []
    assert make.broken() == []


def test_cancelled_again_changes_nothing(ama, afi):
    job = make.funded(ama.user, afi.user)
    cancel(job, ama)
    before = make.snapshot()
    assert cancel(job, afi).cancelled_by == "customer"
    assert make.snapshot() == before


@pytest.mark.parametrize("stage", [make.delivered, make.closed])
def test_delivered_work_is_contested_not_cancelled(ama, afi, stage):
    job = stage(ama.user, afi.user)
    before = make.snapshot()
    for person in (ama, afi):
        with pytest.raises(TransitionRefused):
            cancel(job, person)
    assert make.snapshot() == before


def test_strangers_who_is_on_site_and_silence_cancel_nothing(ama, afi, kossi, stranger):
    job = make.funded(ama.user, afi.user)
    Job.objects.filter(pk=job.pk).update(occupant=kossi.user)
    before = make.snapshot()
    for person, refusal in ((stranger, NotFound), (kossi, NotAllowed)):
        with pytest.raises(refusal):
            cancel(job, person)
    with pytest.raises(WhyMissing):
        cancel(job, ama, reason="  ")
    assert make.snapshot() == before


@given(
    amount=st.integers(100, 3_000_000),
    status=st.sampled_from(Job.Status.values),
    who=st.sampled_from(Job.Party.values),
    minutes=st.one_of(st.none(), st.integers(-10_000, 10_000)),
)
@SLOW_MACHINES
def test_what_goes_back_and_what_is_kept_are_the_price(amount, status, who, minutes):
    now = clock.now()
    at = None if minutes is None else now + timedelta(minutes=minutes)
    job = Job(amount=amount, provider=User(), status=status, scheduled_at=at)
    terms = cancellation_terms(job, who, now)
    assert terms.refund.amount >= 0
    assert terms.to_provider.amount >= 0
    is_held = status in Job.HELD_STATES
    assert (terms.refund + terms.to_provider).amount == (amount if is_held else 0)
    if who != "customer":
        assert not terms.to_provider
    assert terms.to_provider.amount * 2 <= amount


@given(amount=st.integers(100, 3_000_000), minutes=st.lists(st.integers(0, 5_000)))
@SLOW_MACHINES
def test_waiting_longer_never_costs_less_before_the_appointment(amount, minutes):
    now = clock.now()
    kept = [
        cancellation_terms(
            Job(
                amount=amount,
                provider=User(),
                status=Job.Status.FUNDED,
                scheduled_at=now + timedelta(minutes=left),
            ),
            "customer",
            now,
        ).to_provider.amount
        for left in sorted(minutes)
    ]
    assert kept == sorted(kept, reverse=True)
