"""What giving a job up would cost, as it is told before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from lokahome.core.money import Money
from marketplace.models import Job
from marketplace.models.quotes import LEAST_TOTAL, MOST_TOTAL
from marketplace.policies import cancellation_terms
from marketplace.queries.terms import schedule_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PRICES = st.integers(LEAST_TOTAL, MOST_TOTAL)


@given(amount=PRICES)
def test_each_step_adds_up_and_gives_back_less_than_the_one_before(amount):
    steps = schedule_of(Job(amount=amount))
    assert all(step.refund + step.to_provider == Money(amount) for step in steps)
    refunds = [step.refund.amount for step in steps]
    assert refunds == sorted(refunds, reverse=True)
    leads = [step.lead_seconds for step in steps]
    assert leads == sorted(leads, reverse=True)


@given(amount=PRICES, lead=st.integers(0, 200_000))
def test_what_is_told_is_what_a_cancellation_does(amount, lead):
    job = Job(
        amount=amount,
        provider=User(),
        status=Job.Status.FUNDED,
        scheduled_at=NOON + timedelta(seconds=lead),
    )
    told = next(step for step in schedule_of(job) if lead >= step.lead_seconds)
    done = cancellation_terms(job, "customer", NOON)
    assert (told.refund, told.to_provider) == (done.refund, done.to_provider)


@given(amount=PRICES)
def test_work_that_has_begun_is_the_last_step(amount):
    job = Job(amount=amount, status=Job.Status.STARTED, scheduled_at=NOON)
    done = cancellation_terms(job, "customer", NOON)
    last = schedule_of(job)[-1]
    assert (last.lead_seconds, last.refund) == (-1, done.refund)
