"""Who a fact is for, where the event does not name them all."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Agency, Membership
from marketplace.models import Job, ProviderProfile, Quote, ServiceRequest
from properties.models import Application
from properties.models.homes import AGENT_ROLES

MOST_PROVIDERS = 200
"""Told of one request. Nobody reads quotes of more."""


def providers_near(request_id: UUID) -> list[UUID]:
    """Return the people who may quote for an open request, at most MOST_PROVIDERS.

    The asker and who is on site are never among them.
    """
    request = (
        ServiceRequest.objects.open()
        .select_related("category")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        return []
    serving = ProviderProfile.objects.serving(request.point, request.category)
    own = [request.requester_id, request.occupant_id]
    people = serving.exclude(person_id__in=[pk for pk in own if pk])
    return list(
        people.order_by("id").values_list("person_id", flat=True)[:MOST_PROVIDERS]
    )


def quoters_of(request_id: UUID) -> list[UUID]:
    """Return who sent a quote for a request."""
    quotes = Quote.objects.filter(request_id=request_id).order_by("provider_id")
    return list(quotes.values_list("provider_id", flat=True).distinct())


def occupant_of(job_id: UUID) -> UUID | None:
    """Return who is on site of a job for somebody else who pays, or None."""
    jobs = Job.objects.filter(pk=job_id)
    return jobs.values_list("occupant_id", flat=True).first()


def agents_of_lead(application_id: UUID) -> list[UUID]:
    """Return who works on homes for the agency whose lead an application is."""
    leads = Application.objects.filter(pk=application_id, agency__isnull=False)
    agents = Membership.objects.active().filter(
        agency_id__in=leads.values("agency_id"),
        agency__status=Agency.Status.ACTIVE,
        role__in=AGENT_ROLES,
    )
    return list(agents.order_by("id").values_list("user_id", flat=True))
