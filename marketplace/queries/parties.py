"""Whom a provider, a review, a request or a job concerns: they judge no case of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from accounts.services.moderation.parties import NOBODY, Parties, people
from marketplace.models import Job, ProviderProfile, Review, ServiceRequest


def provider_parties(provider_id: UUID) -> Parties:
    """Return whose profile it is."""
    profiles = ProviderProfile.objects.filter(pk=provider_id)
    return Parties(authors=frozenset(profiles.values_list("person_id", flat=True)))


def review_parties(review_id: UUID) -> Parties:
    """Return who wrote it, and whom it is about."""
    row = Review.objects.filter(pk=review_id).first()
    if row is None:
        return NOBODY
    return Parties(frozenset({row.author_id}), frozenset({row.about_id}))


def request_parties(request_id: UUID) -> Parties:
    """Return who asks."""
    wishes = ServiceRequest.objects.filter(pk=request_id)
    return Parties(authors=frozenset(wishes.values_list("requester_id", flat=True)))


def job_parties(job_id: UUID) -> Parties:
    """Return customer, provider and occupant."""
    row = Job.objects.filter(pk=job_id).first()
    if row is None:
        return NOBODY
    return Parties(others=people(row.customer_id, row.provider_id, row.occupant_id))


def has_dealt(person_id: UUID) -> bool:
    """Say whether *person_id* asked for a service, or had a part in a job."""
    wishes = Q(requester_id=person_id) | Q(occupant_id=person_id)
    jobs = Q(customer_id=person_id) | Q(provider_id=person_id)
    return (
        ServiceRequest.objects.filter(wishes).exists()
        or Job.objects.filter(jobs | Q(occupant_id=person_id)).exists()
    )
