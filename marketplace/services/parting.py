"""What ends when somebody leaves for good, and what has to end first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lokahome.core.privacy.obstacles import register_obstacle
from marketplace.models import Job, Quote, ServiceRequest
from marketplace.services.quotes import withdraw_quote
from marketplace.services.requests import cancel_request


def settle(person_id: UUID, now: datetime) -> None:
    """Cancel the person's open requests and withdraw their waiting quotes."""
    person = User.objects.get(pk=person_id)
    for request in ServiceRequest.objects.filter(
        requester=person, status=ServiceRequest.Status.OPEN
    ).order_by("id"):
        cancel_request(request_id=request.pk, requester=person, now=now)
    for quote in Quote.objects.filter(
        provider=person, status=Quote.Status.SENT
    ).order_by("request_id"):
        withdraw_quote(quote_id=quote.pk, provider=person, now=now)


def has_job_under_way(person_id: UUID) -> bool:
    """Say whether a job of theirs goes on or is disputed, in whatever part."""
    mine = (
        Q(customer_id=person_id) | Q(provider_id=person_id) | Q(occupant_id=person_id)
    )
    approved = Job.objects.filter(status=Job.Status.APPROVED)
    return (Job.objects.under_way() | approved).filter(mine).exists()


register_obstacle(
    "job.under_way",
    _("Une prestation est en cours ou en litige."),
    has_job_under_way,
)
