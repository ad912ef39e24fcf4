"""Contesting, and the staff's split to the franc."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Case
from accounts.services.moderation.cases import decide_case
from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, StaleVersion
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from marketplace.models import Job
from marketplace.services.disputes import (
    DisputeDecided,
    decide_dispute,
    dispute_job,
)
from marketplace.services.job_steps import WhyMissing
from marketplace.services.jobs import approve_job, approve_silent_deliveries
from marketplace.tests import factories as make
from payments.models import Transfer
from payments.queries import payable_of

pytestmark = pytest.mark.django_db


def contest(job, person, **values):
    values = {"reason": "Le robinet fuit encore", "now": clock.now(), **values}
    return dispute_job(job_id=job.pk, person=person.user, **values)


def decide(job, staff, francs, **values):
    values = {"reason": "Travail à moitié fait", "now": clock.now(), **values}
    return decide_dispute(
        job_id=job.pk, to_customer=Money(francs), actor=staff.user, **values
    )


@pytest.mark.parametrize("party", ["customer", "provider"])
@pytest.mark.parametrize("stage", [make.started, make.delivered])
def test_either_party_contests_and_the_money_stays(ama, afi, stage, party):
    job = stage(ama.user, afi.user)
    state = job.status
    job = contest(job, {"customer": ama, "provider": afi}[party])
    assert (job.status, job.disputed_by) == ("disputed", party)
    case = Case.objects.get()
    assert (case.kind, case.queue, case.subject) == (
        "job_dispute",
        "disputes",
        f"job:{job.pk}",
    )
    assert case.evidence["state"] == state
    assert (case.pk, payable_of(afi.id).amount) == (job.case_id, 0)
    (fact,) = make.facts("job_disputed")
    assert fact["case_id"] == str(case.pk)
    before = make.snapshot()
    contest(job, ama)
    assert approve_silent_deliveries(now=make.in_hours(80)) == 0
    with pytest.raises(TransitionRefused):
        approve_job(job_id=job.pk, customer=ama.user, now=clock.now())
    assert make.snapshot() == before
    assert Case.objects.count() == 1
    assert make.broken() == []


@pytest.mark.parametrize("stage", [make.accepted, make.funded, make.closed])
def test_there_is_nothing_to_contest_before_the_start_or_after_the_end(ama, afi, stage):
    job = stage(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(TransitionRefused):
        contest(job, ama)
    assert make.snapshot() == before
    assert Case.objects.count() == 0


def test_others_contest_nothing_and_a_reason_is_needed(ama, afi, kossi, stranger):
    job = make.delivered(ama.user, afi.user)
    Job.objects.filter(pk=job.pk).update(occupant=kossi.user)
    before = make.snapshot()
    for person, refusal in ((stranger, NotFound), (kossi, NotAllowed)):
        with pytest.raises(refusal):
            contest(job, person)
    with pytest.raises(WhyMissing):
        contest(job, ama, reason="")
    assert make.snapshot() == before


@pytest.mark.parametrize("francs", [0, 1, 10_001, make.PRICE])
def test_staff_split_the_price_and_the_job_closes(ama, afi, moderator, francs):
    job = contest(make.delivered(ama.user, afi.user), ama)
    decide(job, moderator, francs)
    make.tell()
    job.refresh_from_db()
    assert (job.status, job.to_customer) == ("closed", francs)
    assert sum(make.refunds()) == francs
    assert payable_of(afi.id).amount == make.PRICE - francs
    case = Case.objects.get()
    assert (case.status, case.decision, case.decided_by_id) == (
        "decided",
        "split",
        moderator.id,
    )
    for name in ("job_dispute_decided", "job_closed"):
        (fact,) = make.facts(name)
        assert (fact["to_customer"], fact["to_provider"]) == (
            francs,
            make.PRICE - francs,
        )
    assert make.broken() == []


def test_a_refund_that_staff_decided_waits_for_another_person(ama, afi, moderator):
    job = contest(make.delivered(ama.user, afi.user), ama)
    decide(job, moderator, 12_000)
    refund = Transfer.objects.get()
    assert (refund.status, refund.proposed_by_id) == ("proposed", moderator.id)


@given(francs=st.integers(0, make.PRICE))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_split_keeps_the_books(ama, afi, moderator, one_dispute, francs):
    from django.db import transaction

    with transaction.atomic():
        decide(one_dispute, moderator, francs)
        make.tell()
        assert payable_of(afi.id).amount + sum(make.refunds()) == make.PRICE
        assert make.broken() == []
        transaction.set_rollback(True)


@pytest.fixture
def one_dispute(ama, afi):
    """A delivered job that its customer contests."""
    return contest(make.delivered(ama.user, afi.user), ama)


def test_who_may_not_decide_changes_nothing(ama, afi, one_dispute, finance, moderator):
    before = make.snapshot()
    for person in (ama, afi, finance):
        with pytest.raises(NotAllowed):
            decide(one_dispute, person, 1_000)
    with pytest.raises(WhyMissing):
        decide(one_dispute, moderator, 1_000, reason=" ")
    with pytest.raises(StaleVersion):
        decide(one_dispute, moderator, 1_000, version=one_dispute.version - 1)
    for francs in (-1, make.PRICE + 1):
        with pytest.raises(InvalidInput):
            decide(one_dispute, moderator, francs)
    assert make.snapshot() == before


def test_a_moderator_does_not_judge_an_own_matter(afi, moderator):
    job = contest(make.delivered(moderator.user, afi.user, **paying(moderator)), afi)
    before = make.snapshot()
    with pytest.raises(NotAllowed):
        decide(job, moderator, make.PRICE)
    assert make.snapshot() == before


def paying(person):
    """Give *person* a wallet; staff of the tests have none."""
    from accounts.models import Phone

    Phone(user=person.user, number="+2290197000077", verified_at=clock.now()).save()
    return {}


def test_a_dispute_is_decided_once(ama, afi, one_dispute, moderator):
    decide(one_dispute, moderator, 5_000)
    before = make.snapshot()
    with pytest.raises(DisputeDecided):
        decide(one_dispute, moderator, 9_000)
    assert make.snapshot() == before
    make.tell()
    with pytest.raises(DisputeDecided):
        decide(one_dispute, moderator, 9_000)


def test_a_case_decided_without_the_money_is_opened_again(one_dispute, moderator):
    first = one_dispute.case_id
    decide_case(
        case_id=first,
        decision="no_action",
        reason="Rien à voir",
        actor=moderator.user,
        now=clock.now(),
    )
    make.tell()
    one_dispute.refresh_from_db()
    assert one_dispute.case_id != first
    decide(one_dispute, moderator, 0)
    make.tell()
    one_dispute.refresh_from_db()
    assert one_dispute.status == "closed"
    assert Case.objects.open().count() == 0
