"""What a report of a review or a provider is about, for the staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import Case, User
from marketplace.models import ProviderProfile, Review


def reported_review(reporter: User, review_id: UUID) -> dict[str, Any] | None:
    """Return the evidence of a review that *reporter* reads and did not write."""
    reviews = Review.objects.visible_to(reporter).exclude(author_id=reporter.pk)
    review = reviews.filter(pk=review_id).first()
    if review is None:
        return None
    return {
        "review_id": str(review.pk),
        "job_id": str(review.job_id),
        "author_id": str(review.author_id),
        "about_id": str(review.about_id),
        "rating": review.rating,
    }


def reported_provider(reporter: User, provider_id: UUID) -> dict[str, Any] | None:
    """Return the evidence of a provider's profile that is not *reporter*'s own."""
    profiles = ProviderProfile.objects.visible_to(reporter)
    profile = profiles.exclude(person_id=reporter.pk).filter(pk=provider_id).first()
    if profile is None:
        return None
    return {
        "provider_id": str(profile.pk),
        "person_id": str(profile.person_id),
        "jobs_done": profile.jobs_done,
        "rating_sum": profile.rating_sum,
        "rating_count": profile.rating_count,
    }


def hidden_by(*, kind: str, decision: str, subject: str, noun: str) -> UUID | None:
    """Return the *noun* (``review``, ``provider``) that a decided case hides, or None."""
    said, _colon, text = subject.partition(":")
    if (kind, decision, said) != (f"{noun}_report", "hide", noun):
        return None
    return UUID(text)


def reason_of(case_id: UUID) -> str:
    """Return what the staff answered on a case."""
    answers = Case.objects.filter(pk=case_id).values_list("reason", flat=True)
    return answers.first() or f"case:{case_id}"
