"""Codes: guessed, locked, renewed."""

import pytest
from django.db import transaction

from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from marketplace.models import Job
from marketplace.queries.jobs import code_of, codes_for
from marketplace.services.codes import JobCodeLocked, JobCodeWrong, renew_code
from marketplace.services.jobs import start_job
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db


def start(job, worker, code):
    return start_job(job_id=job.pk, provider=worker.user, code=code, now=clock.now())


def wrong_code(job, step=1):
    return f"{(int(code_of(job, 'start')) + step) % 1_000_000:06d}"


def renew(job, person, kind="start"):
    return renew_code(job_id=job.pk, person=person.user, kind=kind, now=clock.now())


def test_a_wrong_code_is_counted_and_nothing_else_happens(ama, afi):
    job = make.funded(ama.user, afi.user)
    with pytest.raises(JobCodeWrong):
        start(job, afi, wrong_code(job))
    job.refresh_from_db()
    assert (job.status, job.start_tries) == ("funded", 1)
    assert make.facts("job_started") == []
    assert start(job, afi, f" {code_of(job, 'start')} ").status == "started"


@pytest.mark.parametrize("code", ["", "é", "0" * 500, "１２３４５６"])
def test_anything_may_be_typed(ama, afi, code):
    job = make.funded(ama.user, afi.user)
    with pytest.raises(JobCodeWrong):
        start(job, afi, code)


def test_five_wrong_codes_lock_and_a_renewal_opens_again(ama, afi):
    job = make.funded(ama.user, afi.user)
    old = code_of(job, "start")
    for step in range(1, 6):
        with pytest.raises(JobCodeWrong):
            start(job, afi, wrong_code(job, step))
    with pytest.raises(JobCodeLocked):
        start(job, afi, old)
    job.refresh_from_db()
    assert codes_for(ama.user, job).start == ""
    job = renew(job, ama)
    assert (job.start_round, job.start_tries) == (2, 0)
    new = codes_for(ama.user, job).start
    assert new != old
    with pytest.raises(JobCodeWrong):
        start(job, afi, old)
    assert start(job, afi, new).status == "started"


def test_only_the_customer_renews_and_only_the_code_of_the_moment(
    ama, afi, kossi, stranger
):
    job = make.funded(ama.user, afi.user)
    Job.objects.filter(pk=job.pk).update(occupant=kossi.user)
    before = make.snapshot()
    for person, refusal in (
        (afi, NotAllowed),
        (kossi, NotAllowed),
        (stranger, NotFound),
    ):
        with pytest.raises(refusal):
            renew(job, person)
    for kind in ("finish", "nothing"):
        with pytest.raises(StateConflict):
            renew(job, ama, kind)
    assert make.snapshot() == before


def test_guesses_are_never_rolled_back_with_a_callers_transaction(ama, afi):
    job = make.funded(ama.user, afi.user)
    with (
        pytest.raises(RuntimeError, match="durable"),
        transaction.atomic(),
    ):
        start(job, afi, "000000")


def test_codes_differ_between_jobs_and_keys(ama, afi, kossi, settings):
    codes = {
        (code_of(job, kind))
        for job in (make.funded(ama.user, afi.user), make.funded(kossi.user, afi.user))
        for kind in ("start", "finish")
    }
    assert len(codes) == 4
    settings.CODE_HASH_KEY = "another key for codes, long enough"
    assert code_of(Job.objects.first(), "start") not in codes
