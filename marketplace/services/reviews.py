"""Reviews: written after the close, revealed together or after 14 days."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.moderation.parties import refuse_part
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from marketplace.events import ReviewsRevealed
from marketplace.models import Job, ProviderProfile, Review
from marketplace.policies import REVIEW_WINDOW, reviews_open
from marketplace.services.job_steps import job_ids, party_of
from properties.services.inserting import insert


class ReviewsClosed(StateConflict):
    """Reviews are taken from the close of a job, for 14 days."""

    code = "review.not_open"
    title = gettext_lazy("Aucun avis n’est attendu sur cette prestation")


class AlreadyReviewed(StateConflict):
    """One says once what one thinks of a job."""

    code = "review.already_written"
    title = gettext_lazy("Vous avez déjà donné votre avis")


@transaction.atomic
def write_review(
    *,
    job_id: UUID,
    author: User,
    rating: int,
    text: str,
    now: datetime,
    review_id: UUID | None = None,
) -> Review:
    """Say what one thinks of the other party of a closed job, 1 to 5 and in words.

    Nobody else reads it before the other one wrote too, or 14 days passed. Raises
    NotFound, NotAllowed for who was only on site, ReviewsClosed, AlreadyReviewed,
    InvalidInput. Locks the job, so that the second of two sees the first. Emits
    ReviewsRevealed with the second.
    """
    job = locked(Job.objects.visible_to(author), job_id)
    who = party_of(job, author)
    if not reviews_open(job, now=now):
        raise ReviewsClosed
    if not 1 <= rating <= 5:
        detail = _("Une note de 1 à 5.")
        raise InvalidInput(errors=[FieldError("out_of_range", detail, "/rating")])
    is_customer = who == Review.Role.CUSTOMER
    review = Review(
        id=review_id or uuid7(),
        job=job,
        author=author,
        about_id=job.provider_id if is_customer else job.customer_id,
        author_role=who,
        rating=rating,
        text=text.strip()[:1000],
    )
    insert(review, marketplace_review_once=AlreadyReviewed())
    if job.reviews.count() == len(Review.Role):
        _reveal(job, now)
        review.refresh_from_db()
    return review


def reveal_due_reviews(*, now: datetime) -> int:
    """Reveal what was written of jobs closed 14 days ago; return how many jobs."""
    due = Job.objects.filter(
        status=Job.Status.CLOSED,
        ended_at__lte=now - REVIEW_WINDOW,
        reviews__revealed_at=None,
        reviews__isnull=False,
    )
    return sum(_reveal_due(pk, now) for pk in set(due.values_list("pk", flat=True)))


@transaction.atomic
def _reveal_due(job_id: UUID, now: datetime) -> bool:
    job = locked(Job.objects.all(), job_id)
    return _reveal(job, now)


def _reveal(job: Job, now: datetime) -> bool:
    hidden = list(job.reviews.filter(revealed_at=None).order_by("id"))
    for review in hidden:
        review.revealed_at = now
        review.save(update_fields={"revealed_at"})
        is_counted = review.about_id == job.provider_id and review.withheld_at is None
        if is_counted:
            _rate(job.provider_id, stars=review.rating, count=1)
    if hidden:
        append(ReviewsRevealed(**job_ids(job)))
    return bool(hidden)


@transaction.atomic
def withhold_review(
    *, review_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> Review:
    """Hide a review from everybody but its author; its rating counts no more.

    The door has checked who may. Again changes nothing. Raises NotFound, and
    ConflictOfInterest for its author and whom it is about. Locks the job, the review, the profile.
    """
    found = Review.objects.filter(pk=review_id).values_list("job_id", flat=True).first()
    if found is not None:
        locked(Job.objects.all(), found)
    review = locked(Review.objects.all(), review_id)
    refuse_part(f"review:{review.pk}", actor_id)
    if review.withheld_at is not None:
        return review
    review.withheld_at = now
    review.save(update_fields={"withheld_at"})
    if review.revealed_at and review.author_role == Review.Role.CUSTOMER:
        _rate(review.about_id, stars=-review.rating, count=-1)
    record(
        "review.withheld",
        subject=f"review:{review.pk}",
        actor_id=actor_id,
        reason=reason,
    )
    return review


@transaction.atomic
def restore_review(
    *, review_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> Review:
    """Show a withheld review again: the inverse, after an appeal. Its rating counts.

    Again changes nothing. Raises as `withhold_review`. Locks the job, the review, the
    profile.
    """
    found = Review.objects.filter(pk=review_id).values_list("job_id", flat=True).first()
    if found is not None:
        locked(Job.objects.all(), found)
    review = locked(Review.objects.all(), review_id)
    refuse_part(f"review:{review.pk}", actor_id)
    if review.withheld_at is None:
        return review
    review.withheld_at = None
    review.save(update_fields={"withheld_at"})
    if review.revealed_at and review.author_role == Review.Role.CUSTOMER:
        _rate(review.about_id, stars=review.rating, count=1)
    record(
        "review.restored",
        subject=f"review:{review.pk}",
        actor_id=actor_id,
        reason=reason,
    )
    return review


def _rate(person_id: UUID, *, stars: int, count: int) -> None:
    held = ProviderProfile.objects.select_for_update(no_key=True, of=("self",))
    profile = held.get(person_id=person_id)
    profile.rating_sum += stars
    profile.rating_count += count
    profile.save(update_fields={"rating_sum", "rating_count"})
