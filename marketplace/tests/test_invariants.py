"""Each claim about services sees what breaks it, and nothing else."""

import pytest
import time_machine
from django.db import connection

from lokahome.core import clock
from lokahome.core.invariants import check_invariants
from marketplace.models import Job, ProviderProfile, Quote, ServiceRequest
from marketplace.services.cancelling import cancel_job
from marketplace.tests import factories as make
from payments.models import Escrow

pytestmark = pytest.mark.django_db


def broken_by(sql, *values):
    """Return the names of the claims that *sql* breaks, triggers and rules aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, values)
    return {item.invariant for item in check_invariants(OURS)}


OURS = [
    "job.approved_closes",
    "job.ended_is_split",
    "job.late_money_goes_back",
    "job.money_has_its_people",
    "job.paid_is_held",
    "job.price_is_its_quote",
    "provider.rating_is_its_reviews",
    "quote.total_is_its_lines",
    "request.awarded_has_one_live_job",
]


@pytest.fixture
def delivered(ama, afi):
    """A job whose money is held."""
    return make.delivered(ama.user, afi.user)


def test_a_price_that_is_not_its_quotes_is_seen(delivered):
    sql = "UPDATE marketplace_job SET amount = amount + 1 WHERE id = %s"
    assert broken_by(sql, delivered.pk) == {
        "job.price_is_its_quote",
        "job.paid_is_held",
    }


def test_a_job_without_its_money_is_seen(delivered):
    sql = "UPDATE marketplace_job SET escrow_id = gen_random_uuid() WHERE id = %s"
    names = broken_by(sql, delivered.pk)
    assert names == {"job.paid_is_held", "job.money_has_its_people"}


def test_an_end_without_its_money_is_seen(ama, afi):
    job = make.closed(ama.user, afi.user)
    sql = "UPDATE marketplace_job SET escrow_id = gen_random_uuid() WHERE id = %s"
    names = broken_by(sql, job.pk)
    assert names == {"job.ended_is_split", "job.money_has_its_people"}


def test_money_for_somebody_else_is_seen(delivered, stranger):
    sql = "UPDATE marketplace_job SET provider_id = %s WHERE id = %s"
    names = broken_by(sql, stranger.id, delivered.pk)
    assert names == {"job.price_is_its_quote", "job.money_has_its_people"}


def test_an_award_without_a_job_is_seen(ama):
    row = make.request(ama.user)
    sql = "UPDATE marketplace_servicerequest SET status = 'awarded' WHERE id = %s"
    assert broken_by(sql, row.pk) == {"request.awarded_has_one_live_job"}


def test_an_open_request_with_a_job_is_seen(delivered):
    sql = "UPDATE marketplace_servicerequest SET status = 'open' WHERE id = %s"
    names = broken_by(sql, delivered.request_id)
    assert names == {"request.awarded_has_one_live_job"}


def test_an_end_before_the_split_is_seen(delivered):
    sql = """UPDATE marketplace_job SET status = 'closed', ended_at = now(),
             to_customer = 0 WHERE id = %s"""
    names = broken_by(sql, delivered.pk)
    assert names == {"job.ended_is_split", "request.awarded_has_one_live_job"}


def test_another_split_than_the_one_shown_is_seen(ama, afi):
    job = make.closed(ama.user, afi.user)
    sql = "UPDATE marketplace_job SET to_customer = 1 WHERE id = %s"
    assert broken_by(sql, job.pk) == {"job.ended_is_split"}


def test_late_money_that_stays_is_seen(ama, afi):
    job = make.accepted(ama.user, afi.user)
    asked = make.asked(job)
    with time_machine.travel(make.in_hours(-1.1), tick=False):
        make.captured(asked)
    assert check_invariants(OURS) == [], "the job may still be told of it"
    cancel_job(job_id=job.pk, person=ama.user, reason="Réparé", now=clock.now())
    late = {item.invariant for item in check_invariants(OURS)}
    assert late == {"job.late_money_goes_back"}
    make.tell()
    assert check_invariants(OURS) == [], "on its way back"


def test_an_approval_that_closes_nothing_is_seen(ama, afi):
    from marketplace.services.jobs import approve_job

    job = make.delivered(ama.user, afi.user)
    approve_job(job_id=job.pk, customer=ama.user, now=clock.now())
    assert check_invariants(OURS) == [], "it may take a while"
    sql = """UPDATE marketplace_job SET approved_at = now() - interval '61 minutes'
             WHERE id = %s"""
    assert broken_by(sql, job.pk) == {"job.approved_closes"}


def test_stars_that_nobody_gave_are_seen(afi):
    profile = make.provider(afi.user)
    sql = """UPDATE marketplace_providerprofile
             SET rating_sum = 5, rating_count = 1 WHERE id = %s"""
    assert broken_by(sql, profile.pk) == {"provider.rating_is_its_reviews"}


def test_a_whole_life_breaks_nothing(ama, afi):
    job = make.closed(ama.user, afi.user)
    make.review(ama.user, job)
    make.review(afi.user, job)
    assert make.broken() == []
    counts = [
        model.objects.count()
        for model in (ServiceRequest, Quote, Job, ProviderProfile, Escrow)
    ]
    assert counts == [1, 1, 1, 1, 1]
