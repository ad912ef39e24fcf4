"""Quoting: who may, what adds up, revisions, answers, and time."""

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import RoleGrant
from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound
from lokahome.core.states import TransitionRefused
from marketplace.models import Job, Quote, QuoteLine, ServiceRequest
from marketplace.services.acceptance import (
    AlreadyAwarded,
    QuoteTooOld,
    accept_quote,
)
from marketplace.services.quotes import (
    AlreadyQuoted,
    CannotQuote,
    Line,
    TooManyRevisions,
    decline_quote,
    expire_stale_quotes,
    revise_quote,
    withdraw_quote,
)
from marketplace.services.requests import cancel_request, expire_stale_requests
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bio(stranger):
    """A second provider around the corner."""
    RoleGrant.objects.create(user=stranger.user, role="provider")
    make.provider(stranger.user, display_name="Bio dépannage")
    return stranger


@pytest.fixture
def worker(afi):
    """Afi, with her profile."""
    make.provider(afi.user)
    return afi


@pytest.fixture
def row(ama):
    """Ama's open request."""
    return make.request(ama.user)


def test_a_quote_is_the_sum_of_its_lines(worker, row, ama):
    sent = make.quote(worker.user, row)
    assert (sent.total, sent.revision, sent.status) == (make.PRICE, 1, "sent")
    assert [line.amount for line in sent.lines.all()] == [15_000, 6_500, 2_000]
    assert make.facts("quote_received") == [
        {
            "quote_id": str(sent.pk),
            "request_id": str(row.pk),
            "requester_id": str(ama.id),
            "provider_id": str(worker.id),
            "revision": 1,
        }
    ]
    assert make.broken() == []


AMOUNTS = st.lists(st.integers(1, 400_000), min_size=1, max_size=30)


@given(amounts=AMOUNTS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_lines_add_up_or_are_refused(worker, row, amounts):
    lines = [
        Line("other", f"Poste {index}", part) for index, part in enumerate(amounts)
    ]
    with transaction.atomic():
        try:
            sent = make.quote(worker.user, row, lines)
        except InvalidInput:
            assert not 100 <= sum(amounts) <= 3_000_000
            assert not row.quotes.exists()
        else:
            assert sent.total == sum(amounts)
            assert sum(line.amount for line in sent.lines.all()) == sum(amounts)
            assert make.broken() == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("change", ["total", "line", "lineless"])
def test_the_database_refuses_a_total_that_is_not_the_sum(worker, row, change):
    sent = make.quote(worker.user, row)
    quotes = Quote.objects.filter(pk=sent.pk)
    late = QuoteLine(quote=sent, position=9, kind="other", label="Glissé", amount=1)
    bare = Quote(
        request=row,
        provider=worker.user,
        revision=2,
        total=500,
        status="withdrawn",
        decided_at=clock.now(),
        expires_at=make.in_hours(5),
    )
    deeds = {
        "total": lambda: quotes.update(total=make.PRICE + 1),
        "line": late.save,
        "lineless": bare.save,
    }
    with transaction.atomic(), pytest.raises(IntegrityError, match="sum of its lines"):
        changed_at_once(deeds[change])


def changed_at_once(deed):
    """Do *deed*, and check what waits for a commit as a commit would."""
    with transaction.atomic(), connection.cursor() as cursor:
        deed()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("lines", "values", "pointers"),
    [
        ((), {}, ["/lines"]),
        ([Line("gift", "Rien", 500)], {}, ["/lines/0/kind"]),
        ([Line("labour", " ", 0)], {}, ["/lines/0/label", "/lines/0/amount"]),
        ([Line("labour", "Peu", 99)], {}, ["/lines"]),
        ([Line("labour", "Trop", 2_000_000)] * 2, {}, ["/lines"]),
        (make.LINES, {"valid_days": 0}, ["/valid_days"]),
        (make.LINES, {"valid_days": 31}, ["/valid_days"]),
        (make.LINES, {"starts_at": clock.now()}, ["/starts_at"]),
        (make.LINES * 11, {}, ["/lines"]),
    ],
)
def test_a_quote_that_makes_no_sense_is_refused(worker, row, lines, values, pointers):
    before = make.snapshot()
    with pytest.raises(InvalidInput) as refusal:
        make.quote(worker.user, row, lines, **values)
    assert [item.pointer for item in refusal.value.errors] == pointers
    assert make.snapshot() == before


def test_only_a_provider_around_with_the_skill_quotes(ama, afi, bio, row, kossi):
    make.provider(afi.user, category_slugs=["painting"])
    RoleGrant.objects.create(user=kossi.user, role="provider")
    make.provider(kossi.user, at=make.PARAKOU)
    before = make.snapshot()
    for person in (afi, kossi):  # who may not see it learns nothing of it
        with pytest.raises(NotFound):
            make.quote(person.user, row)
    assert make.snapshot() == before
    assert make.quote(bio.user, row).status == "sent"


def test_nobody_quotes_for_oneself_or_for_where_one_lives(ama, worker, row):
    RoleGrant.objects.create(user=ama.user, role="provider")
    make.provider(ama.user)
    at_home = make.request(ama.user, title="Robinet")
    ServiceRequest.objects.filter(pk=at_home.pk).update(occupant=worker.user)
    before = make.snapshot()
    for person, asked in ((ama, row), (worker, at_home)):
        with pytest.raises(CannotQuote):
            make.quote(person.user, asked)
    assert make.snapshot() == before


def test_one_quote_waits_at_a_time_and_a_revision_takes_its_place(worker, row):
    first = make.quote(worker.user, row)
    with pytest.raises(AlreadyQuoted):
        make.quote(worker.user, row)
    second = revise_quote(
        quote_id=first.pk,
        provider=worker.user,
        lines=[Line("labour", "Moins cher", 12_000)],
        now=clock.now(),
    )
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "sent")
    assert (second.revision, second.total) == (2, 12_000)
    assert first.lines.count() == 3, "what was offered stays readable"
    assert [fact["revision"] for fact in make.facts("quote_received")] == [1, 2]
    assert make.broken() == []


def test_revisions_have_an_end(worker, row):
    sent = make.quote(worker.user, row)
    for _ in range(19):
        sent = revise_quote(
            quote_id=sent.pk, provider=worker.user, lines=make.LINES, now=clock.now()
        )
    before = make.snapshot()
    with pytest.raises(TooManyRevisions):
        revise_quote(
            quote_id=sent.pk, provider=worker.user, lines=make.LINES, now=clock.now()
        )
    assert make.snapshot() == before


def test_a_declined_or_withdrawn_quote_may_be_followed_by_another(worker, row, ama):
    first = make.quote(worker.user, row)
    decline_quote(
        quote_id=first.pk, requester=ama.user, now=clock.now(), reason="Trop cher"
    )
    second = make.quote(worker.user, row)
    withdraw_quote(quote_id=second.pk, provider=worker.user, now=clock.now())
    third = make.quote(worker.user, row)
    assert (second.revision, third.revision) == (2, 3)
    assert len(make.facts("quote_declined")) == 1


def test_rivals_and_strangers_answer_no_quote(worker, bio, row, ama, kossi):
    sent = make.quote(worker.user, row)
    before = make.snapshot()
    for person in (bio, kossi):
        with pytest.raises(NotFound):
            accept_quote(quote_id=sent.pk, requester=person.user, now=clock.now())
        with pytest.raises(NotFound):
            decline_quote(quote_id=sent.pk, requester=person.user, now=clock.now())
        with pytest.raises(NotFound):
            withdraw_quote(quote_id=sent.pk, provider=person.user, now=clock.now())
    with pytest.raises(NotAllowed):
        accept_quote(quote_id=sent.pk, requester=worker.user, now=clock.now())
    assert make.snapshot() == before
    assert not Quote.objects.visible_to(bio.user).exists()
    assert Quote.objects.visible_to(ama.user).get() == sent


def test_accepting_makes_one_job_and_declines_the_others(worker, bio, row, ama):
    at = make.in_hours(50)
    wanted = make.quote(worker.user, row, starts_at=at)
    other = make.quote(bio.user, row)
    job = accept_quote(quote_id=wanted.pk, requester=ama.user, now=clock.now())
    assert (job.amount, job.status, job.scheduled_at) == (make.PRICE, "accepted", at)
    assert (job.customer_id, job.provider_id, job.occupant_id) == (
        ama.id,
        worker.id,
        None,
    )
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.status, other.status) == ("awarded", "declined")
    (fact,) = make.facts("quote_declined")
    assert fact["quote_id"] == str(other.pk)
    before = make.snapshot()
    again = accept_quote(quote_id=wanted.pk, requester=ama.user, now=clock.now())
    assert again.pk == job.pk
    with pytest.raises(AlreadyAwarded):
        accept_quote(quote_id=other.pk, requester=ama.user, now=clock.now())
    assert make.snapshot() == before
    assert make.broken() == []


def test_a_quote_is_not_accepted_after_its_time(worker, row, ama):
    sent = make.quote(worker.user, row, valid_days=1)
    before = make.snapshot()
    with pytest.raises(QuoteTooOld):
        accept_quote(quote_id=sent.pk, requester=ama.user, now=make.in_hours(24.1))
    assert make.snapshot() == before
    assert expire_stale_quotes(now=make.in_hours(23)) == 0
    assert expire_stale_quotes(now=make.in_hours(24.1)) == 1
    with pytest.raises(TransitionRefused):
        accept_quote(quote_id=sent.pk, requester=ama.user, now=make.in_hours(24.1))
    assert Job.objects.count() == 0


def test_a_cancelled_request_takes_its_quotes_with_it(worker, bio, row, ama):
    sent = make.quote(worker.user, row)
    cancel_request(request_id=row.pk, requester=ama.user, now=clock.now())
    sent.refresh_from_db()
    row.refresh_from_db()
    assert (row.status, sent.status) == ("cancelled", "declined")
    assert len(make.facts("request_cancelled")) == 1
    before = make.snapshot()
    cancel_request(request_id=row.pk, requester=ama.user, now=clock.now())
    with pytest.raises(NotFound):
        make.quote(bio.user, row)
    with pytest.raises(CannotQuote):
        make.quote(worker.user, row)
    with pytest.raises(TransitionRefused):
        accept_quote(quote_id=sent.pk, requester=ama.user, now=clock.now())
    assert make.snapshot() == before


def test_an_awarded_request_is_not_cancelled(worker, row, ama):
    job = make.accepted(ama.user, worker.user, request=row)
    before = make.snapshot()
    with pytest.raises(TransitionRefused):
        cancel_request(request_id=row.pk, requester=ama.user, now=clock.now())
    with pytest.raises(NotAllowed):
        cancel_request(request_id=row.pk, requester=worker.user, now=clock.now())
    assert make.snapshot() == before
    assert job.status == "accepted"


def test_a_request_expires_with_its_quotes(worker, row, ama):
    sent = make.quote(worker.user, row, valid_days=30)
    assert expire_stale_requests(now=make.in_hours(24 * 14 - 1)) == 0
    assert expire_stale_requests(now=make.in_hours(24 * 14)) == 1
    row.refresh_from_db()
    sent.refresh_from_db()
    assert (row.status, sent.status) == ("expired", "expired")
    assert make.facts("request_expired") == [
        {"request_id": str(row.pk), "requester_id": str(ama.id)}
    ]
