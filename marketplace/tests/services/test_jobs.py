"""The life of a job from an accepted quote to its close, and every step refused."""

import pytest

from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.states import TransitionRefused
from marketplace.models import Job, ProviderProfile, ServiceRequest
from marketplace.queries.jobs import code_of, codes_for
from marketplace.services.codes import JobCodeWrong
from marketplace.services.jobs import (
    PhotoMissing,
    approve_job,
    approve_silent_deliveries,
    deliver_job,
    start_job,
)
from marketplace.tests import factories as make
from payments.queries import held_in, payable_of

pytestmark = pytest.mark.django_db


def test_a_job_goes_from_quote_to_money_in_the_providers_account(ama, afi):
    job = make.funded(ama.user, afi.user)
    assert held_in(job.escrow_id).amount == make.PRICE
    assert payable_of(afi.id).amount == 0

    job = make_started(job, afi)
    assert held_in(job.escrow_id).amount == make.PRICE
    job = hand_over(job, afi)
    approve_job(job_id=job.pk, customer=ama.user, now=clock.now())
    make.tell()

    job.refresh_from_db()
    assert (job.status, job.to_customer) == ("closed", 0)
    assert job.request.status == ServiceRequest.Status.CLOSED
    assert held_in(job.escrow_id).amount == 0
    assert payable_of(afi.id).amount == make.PRICE
    assert ProviderProfile.objects.get(person=afi.user).jobs_done == 1
    assert make.refunds() == []
    assert make.facts("job_funded", "job_started", "job_delivered") == [
        {**ids(job), "amount": make.PRICE, "currency": "XOF"},
        ids(job),
        ids(job),
    ]
    assert make.facts("job_approved") == [{**ids(job), "by_silence": False}]
    assert make.facts("job_closed") == [
        {
            **ids(job),
            "to_customer": 0,
            "to_provider": make.PRICE,
            "currency": "XOF",
        }
    ]
    assert make.broken() == []


def ids(job):
    return {
        "job_id": str(job.pk),
        "customer_id": str(job.customer_id),
        "provider_id": str(job.provider_id),
    }


def make_started(job, worker, **values):
    values = {"code": code_of(job, "start"), "now": clock.now(), **values}
    return start_job(job_id=job.pk, provider=worker.user, **values)


def hand_over(job, worker, **values):
    values = {
        "code": code_of(job, "finish"),
        "now": clock.now(),
        "upload_ids": [make.photo_of(worker.user)],
        **values,
    }
    return deliver_job(job_id=job.pk, provider=worker.user, **values)


def test_started_again_or_delivered_again_changes_nothing(ama, afi):
    job = make.funded(ama.user, afi.user)
    make_started(job, afi)
    before = make.snapshot()
    assert make_started(job, afi, code="whatever").status == "started"
    assert make.snapshot() == before
    job = hand_over(job, afi)
    before = make.snapshot()
    assert hand_over(job, afi, code="whatever", upload_ids=[]).status == "delivered"
    assert make.snapshot() == before


def test_a_delivery_needs_a_photo(ama, afi):
    job = make.started(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(PhotoMissing):
        hand_over(job, afi, upload_ids=[])
    assert make.snapshot() == before


def test_photos_are_kept_with_their_moment(ama, afi):
    job = make.funded(ama.user, afi.user)
    first, last = make.photo_of(afi.user), make.photo_of(afi.user)
    make_started(job, afi, upload_ids=[first])
    hand_over(job, afi, upload_ids=[last])
    kept = list(job.photos.values_list("moment", "upload_id", "position"))
    assert kept == [("finish", last, 1), ("start", first, 1)]


def test_a_wrong_finish_code_attaches_no_photo(ama, afi):
    job = make.started(ama.user, afi.user)
    upload = make.photo_of(afi.user)
    with pytest.raises(JobCodeWrong):
        hand_over(job, afi, code="not it", upload_ids=[upload])
    job.refresh_from_db()
    assert (job.status, job.finish_tries) == ("started", 1)
    assert job.photos.count() == 0
    assert hand_over(job, afi, upload_ids=[upload]).status == "delivered"


def test_anothers_upload_is_no_photo(ama, afi, stranger):
    job = make.started(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(NotFound):
        hand_over(job, afi, upload_ids=[make.photo_of(stranger.user)])
    assert make.snapshot() == before


STAGES = {
    "accepted": make.accepted,
    "funded": make.funded,
    "started": make.started,
    "delivered": make.delivered,
    "closed": make.closed,
}


@pytest.mark.parametrize(
    ("stage", "step"),
    [
        ("accepted", "start"),
        ("accepted", "deliver"),
        ("accepted", "approve"),
        ("funded", "deliver"),
        ("funded", "approve"),
        ("started", "approve"),
        ("delivered", "start"),
        ("closed", "start"),
        ("closed", "deliver"),
    ],
)
def test_a_step_out_of_turn_is_refused_and_changes_nothing(ama, afi, stage, step):
    job = STAGES[stage](ama.user, afi.user)
    upload = make.photo_of(afi.user)
    steps = {
        "start": lambda: make_started(job, afi),
        "deliver": lambda: hand_over(job, afi, upload_ids=[upload]),
        "approve": lambda: approve_job(
            job_id=job.pk, customer=ama.user, now=clock.now()
        ),
    }
    before = make.snapshot()
    with pytest.raises(TransitionRefused):
        steps[step]()
    assert make.snapshot() == before


def test_only_the_provider_starts_and_only_the_customer_approves(ama, afi, stranger):
    job = make.funded(ama.user, afi.user)
    code = code_of(job, "start")
    before = make.snapshot()
    with pytest.raises(NotAllowed):
        start_job(job_id=job.pk, provider=ama.user, code=code, now=clock.now())
    with pytest.raises(NotFound):
        start_job(job_id=job.pk, provider=stranger.user, code=code, now=clock.now())
    assert make.snapshot() == before
    job = hand_over(make_started(job, afi), afi)
    before = make.snapshot()
    with pytest.raises(NotAllowed):
        approve_job(job_id=job.pk, customer=afi.user, now=clock.now())
    with pytest.raises(NotFound):
        approve_job(job_id=job.pk, customer=stranger.user, now=clock.now())
    assert make.snapshot() == before


def test_approved_again_changes_nothing(ama, afi):
    job = make.closed(ama.user, afi.user)
    before = make.snapshot()
    assert approve_job(job_id=job.pk, customer=ama.user, now=clock.now()) == job
    assert make.snapshot() == before


def test_silence_of_72_hours_approves(ama, afi):
    job = make.delivered(ama.user, afi.user)
    assert approve_silent_deliveries(now=make.in_hours(71.9)) == 0
    assert approve_silent_deliveries(now=make.in_hours(72.1)) == 1
    assert approve_silent_deliveries(now=make.in_hours(72.1)) == 0
    make.tell()
    job.refresh_from_db()
    assert (job.status, job.is_approved_by_silence) == ("closed", True)
    assert make.facts("job_approved") == [{**ids(job), "by_silence": True}]
    assert payable_of(afi.id).amount == make.PRICE
    assert make.broken() == []


def test_codes_are_shown_to_customer_and_occupant_when_they_matter(
    ama, afi, kossi, stranger
):
    job = make.accepted(ama.user, afi.user)
    Job.objects.filter(pk=job.pk).update(occupant=kossi.user)
    job.refresh_from_db()
    assert codes_for(ama.user, job).start == ""
    job.status = Job.Status.FUNDED
    for person in (ama, kossi):
        codes = codes_for(person.user, job)
        assert (codes.start, codes.finish) == (code_of(job, "start"), "")
    for person in (afi, stranger):
        assert codes_for(person.user, job).start == ""
    job.status = Job.Status.STARTED
    codes = codes_for(ama.user, job)
    assert (codes.start, codes.finish) == ("", code_of(job, "finish"))
    assert codes.finish != code_of(job, "start")
    assert len(codes.finish) == 6
    assert codes.finish.isdigit()
