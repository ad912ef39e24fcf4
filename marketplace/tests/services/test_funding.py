"""Paying for a job: asked once, held, and given back when it comes late or twice."""

import pytest

from accounts.models import User
from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from marketplace.models import Job
from marketplace.services.acceptance import ProviderGone
from marketplace.services.cancelling import cancel_job, cancel_unfunded_jobs
from marketplace.services.funding import (
    JobNotPayable,
    apply_job_payment,
    fund_job,
    job_of,
)
from marketplace.services.jobs import approve_job
from marketplace.tests import factories as make
from payments.models import Charge, Escrow
from payments.queries import held_in, payable_of

pytestmark = pytest.mark.django_db


def test_the_whole_price_is_asked_of_the_customers_own_wallet(ama, afi):
    job = make.accepted(ama.user, afi.user)
    charge = make.asked(job)
    assert (charge.amount, charge.payer_id, charge.payee_id) == (
        make.PRICE,
        ama.id,
        afi.id,
    )
    assert (charge.subject, charge.operator) == (f"job:{job.pk}", "mtn")
    job.refresh_from_db()
    assert charge.escrow_id == job.escrow_id
    assert job.status == "accepted", "asking is not having"


def test_the_same_payment_asked_again_is_the_same_charge(ama, afi):
    job = make.accepted(ama.user, afi.user)
    mine = uuid7()
    first = make.asked(job, payment_id=mine)
    assert make.asked(job, payment_id=mine).pk == first.pk
    make.captured(first)
    make.tell()
    assert make.asked(job, payment_id=mine).pk == first.pk, "even once it is paid"
    assert Charge.objects.count() == 1


def test_nobody_but_the_customer_pays(ama, afi, stranger):
    job = make.accepted(ama.user, afi.user)
    before = make.snapshot()
    for person, refusal in ((afi, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            fund_job(job_id=job.pk, payer=person.user, now=clock.now())
    assert make.snapshot() == before
    assert Escrow.objects.count() == 0


def test_an_unknown_operator_is_refused_with_its_field(ama, afi):
    job = make.accepted(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(InvalidInput) as refusal:
        make.asked(job, operator="orange")
    assert [item.pointer for item in refusal.value.errors] == ["/operator"]
    assert make.snapshot() == before


def test_nobody_pays_for_a_provider_who_is_gone(ama, afi):
    job = make.accepted(ama.user, afi.user)
    User.objects.filter(pk=afi.id).update(is_active=False)
    before = make.snapshot()
    with pytest.raises(ProviderGone):
        make.asked(job)
    assert make.snapshot() == before


@pytest.mark.parametrize("stage", [make.funded, make.closed])
def test_a_paid_job_is_not_paid_again(ama, afi, stage):
    job = stage(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(JobNotPayable):
        make.asked(job)
    assert make.snapshot() == before


def test_a_second_payment_goes_back_whole(ama, afi):
    job = make.accepted(ama.user, afi.user)
    first, second = make.asked(job), make.asked(job, operator="moov")
    for charge in (first, second):
        make.captured(charge)
        make.tell()
    job.refresh_from_db()
    assert (job.status, job.charge_id) == ("funded", first.pk)
    assert make.refunds() == [make.PRICE]
    assert len(make.facts("job_funded")) == 1
    assert make.broken() == []


def test_a_second_payment_not_told_yet_is_never_the_providers(ama, afi):
    """Captured, and its fact still under way while the customer approves."""
    job = make.accepted(ama.user, afi.user)
    first, second = make.asked(job), make.asked(job, operator="moov")
    make.captured(first)
    make.tell()
    job.refresh_from_db()
    job = deliver(job, afi)
    make.captured(second)
    approve_job(job_id=job.pk, customer=ama.user, now=clock.now())
    make.tell()
    assert payable_of(afi.id).amount == make.PRICE
    assert make.refunds() == [make.PRICE]
    assert make.broken() == []


def deliver(job, worker):
    from marketplace.queries.jobs import code_of
    from marketplace.services.jobs import deliver_job, start_job

    who = {"job_id": job.pk, "provider": worker.user, "now": clock.now()}
    job = start_job(code=code_of(job, "start"), **who)
    upload = make.photo_of(worker.user)
    return deliver_job(code=code_of(job, "finish"), upload_ids=[upload], **who)


@pytest.mark.parametrize("is_told_before", [True, False])
def test_money_that_comes_after_a_cancellation_goes_back(ama, afi, is_told_before):
    job = make.accepted(ama.user, afi.user)
    charge = make.asked(job)
    if not is_told_before:
        make.captured(charge)
    cancel_job(job_id=job.pk, person=ama.user, reason="Réparé", now=clock.now())
    if is_told_before:
        make.captured(charge)
    make.tell()
    job.refresh_from_db()
    assert (job.status, job.to_customer, job.charge_id) == ("cancelled", 0, None)
    assert make.refunds() == [make.PRICE]
    assert payable_of(afi.id).amount == 0
    assert make.broken() == []


def test_money_that_is_not_the_price_goes_back(ama, afi):
    job = make.accepted(ama.user, afi.user)
    charge = make.captured(make.asked(job))
    apply_job_payment(
        charge_id=charge.pk,
        job_id=job.pk,
        amount=Money(make.PRICE - 1),
        captured_at=clock.now(),
        now=clock.now(),
    )
    job.refresh_from_db()
    assert job.status == "accepted"
    assert make.refunds() == [make.PRICE]


def test_a_job_nobody_pays_for_is_given_up_after_a_week(ama, afi):
    job = make.accepted(ama.user, afi.user)
    assert cancel_unfunded_jobs(now=make.in_hours(24 * 7 - 1)) == 0
    assert cancel_unfunded_jobs(now=make.in_hours(24 * 7 + 1)) == 1
    job.refresh_from_db()
    assert (job.status, job.cancelled_by) == ("cancelled", "system")
    assert job.request.status == "closed"
    assert make.facts("job_cancelled")[0]["refund"] == 0
    assert make.broken() == []


def test_other_subjects_are_others():
    assert job_of("lease:01890000-0000-7000-8000-000000000001") is None


def test_held_money_shows_in_the_books(ama, afi):
    job = make.funded(ama.user, afi.user)
    assert held_in(job.escrow_id) == Money(make.PRICE)
    assert Job.objects.get().funded_at is not None
