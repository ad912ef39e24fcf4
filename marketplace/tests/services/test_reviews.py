"""Reviews: hidden until both wrote or 14 days passed, and what they add up to."""

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound
from marketplace.models import Job, ProviderProfile, Review
from marketplace.services.reviews import (
    AlreadyReviewed,
    ReviewsClosed,
    reveal_due_reviews,
    withhold_review,
)
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db
FORTNIGHT = 24 * 14


def stars(person):
    profile = ProviderProfile.objects.get(person=person.user)
    return (profile.rating_sum, profile.rating_count)


@pytest.fixture
def job(ama, afi):
    """A closed job of Ama's, done by Afi."""
    return make.closed(ama.user, afi.user)


def test_a_first_review_is_read_by_its_author_alone(ama, afi, stranger, job):
    mine = make.review(ama.user, job, rating=2)
    for person in (afi.user, stranger.user, AnonymousUser()):
        assert not Review.objects.visible_to(person).exists()
    assert Review.objects.visible_to(ama.user).get() == mine
    assert (mine.about_id, mine.revealed_at) == (afi.id, None)
    assert stars(afi) == (0, 0)
    assert make.facts("reviews_revealed") == []


def test_the_second_review_reveals_both(ama, afi, stranger, job):
    make.review(ama.user, job, rating=2)
    second = make.review(afi.user, job, rating=4)
    assert second.revealed_at is not None
    assert Review.objects.visible_to(stranger.user).count() == 2
    assert stars(afi) == (2, 1), "a customer's stars are not the provider's"
    assert len(make.facts("reviews_revealed")) == 1
    assert make.broken() == []


def test_a_lonely_review_is_revealed_after_14_days(ama, afi, stranger, job):
    make.review(ama.user, job, rating=5)
    with time_machine.travel(make.in_hours(FORTNIGHT - 1), tick=False):
        assert reveal_due_reviews(now=clock.now()) == 0
    with time_machine.travel(make.in_hours(FORTNIGHT + 1), tick=False):
        assert reveal_due_reviews(now=clock.now()) == 1
        assert reveal_due_reviews(now=clock.now()) == 0
        with pytest.raises(ReviewsClosed):
            make.review(afi.user, job)
    assert Review.objects.visible_to(stranger.user).count() == 1
    assert stars(afi) == (5, 1)
    assert len(make.facts("reviews_revealed")) == 1
    assert make.broken() == []


@pytest.mark.parametrize("stage", [make.accepted, make.delivered])
def test_no_review_before_the_close(ama, afi, stage):
    job = stage(ama.user, afi.user)
    before = make.snapshot()
    with pytest.raises(ReviewsClosed):
        make.review(ama.user, job)
    assert make.snapshot() == before


def test_one_review_each_by_the_parties_only(ama, afi, kossi, stranger, job):
    make.review(ama.user, job)
    Job.objects.filter(pk=job.pk).update(occupant=kossi.user)
    before = make.snapshot()
    with pytest.raises(AlreadyReviewed):
        make.review(ama.user, job, rating=1)
    with pytest.raises(NotAllowed):
        make.review(kossi.user, job)
    with pytest.raises(NotFound):
        make.review(stranger.user, job)
    for rating in (0, 6):
        with pytest.raises(InvalidInput):
            make.review(afi.user, job, rating=rating)
    assert make.snapshot() == before


def test_a_withheld_review_counts_no_more(ama, afi, stranger, job, moderator):
    bad = make.review(ama.user, job, rating=1, text="Insultes")
    make.review(afi.user, job)
    for _ in range(2):
        withhold_review(
            review_id=bad.pk, actor_id=moderator.id, reason="Insulte", now=clock.now()
        )
    assert bad not in Review.objects.visible_to(stranger.user)
    assert bad in Review.objects.visible_to(ama.user)
    assert stars(afi) == (0, 0)
    assert make.broken() == []


def test_nobody_hides_what_is_said_of_oneself(ama, afi, job):
    bad = make.review(ama.user, job, rating=1)
    make.review(afi.user, job)
    before = make.snapshot()
    for person in (afi, ama):
        with pytest.raises(NotAllowed):
            withhold_review(
                review_id=bad.pk, actor_id=person.id, reason="Faux", now=clock.now()
            )
    assert make.snapshot() == before


def test_a_reported_review_is_withheld_when_staff_say_so(
    ama, afi, stranger, job, moderator
):
    from accounts.services.moderation.cases import decide_case
    from accounts.services.moderation.reports import file_report

    bad = make.review(ama.user, job, rating=1)
    subject = f"review:{bad.pk}"
    report = {"reporter": stranger.user, "subject": subject, "reason": "other"}
    with pytest.raises(NotFound):
        file_report(**report, detail="Insultes", now=clock.now())
    make.review(afi.user, job)
    filed, _is_new = file_report(**report, detail="Insultes", now=clock.now())
    decide_case(
        case_id=filed.case_id,
        decision="hide",
        reason="Insultes",
        actor=moderator.user,
        now=clock.now(),
    )
    make.tell()
    bad.refresh_from_db()
    assert bad.withheld_at is not None
    assert make.broken() == []


@pytest.mark.parametrize("what", ["review", "provider"])
def test_an_appeal_brings_back_what_was_hidden(
    ama, afi, stranger, job, moderator, what
):
    from accounts.services.moderation.appeals import appeal_case, overturn_appeal
    from accounts.services.moderation.cases import decide_case
    from accounts.services.moderation.reports import file_report
    from lokahome.tests.people import make_staff

    review = make.review(ama.user, job, rating=5)
    make.review(afi.user, job)
    profile = ProviderProfile.objects.get(person=afi.user)
    row, author = {"review": (review, ama), "provider": (profile, afi)}[what]
    filed, _is_new = file_report(
        reporter=stranger.user,
        subject=f"{what}:{row.pk}",
        reason="false",
        now=clock.now(),
    )
    decide_case(
        case_id=filed.case_id,
        decision="hide",
        reason="Faux",
        actor=moderator.user,
        now=clock.now(),
    )
    make.tell()
    hidden = {"review": (0, 0), "provider": (5, 1)}[what]
    assert stars(afi) == hidden
    appeal, _is_new = appeal_case(
        person_id=author.id, case_id=filed.case_id, words="C’est vrai", now=clock.now()
    )
    overturn_appeal(
        appeal_id=appeal.pk,
        answer="La prestation a bien eu lieu",
        actor=make_staff("lead", "lead").user,
        now=clock.now(),
    )
    make.tell()
    make.tell()
    review.refresh_from_db()
    profile.refresh_from_db()
    assert (review.withheld_at, profile.suspended_at) == (None, None)
    assert stars(afi) == (5, 1)
    assert make.broken() == []
