"""The one order of locks of this app: ticket, request, quotes, job, then money.

Whoever holds a later one never asks for an earlier one, so nobody waits in a circle.
"""

from __future__ import annotations

from uuid import UUID

from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound
from marketplace.models import Job, ServiceRequest
from properties.models import Ticket


def hold_request(request_id: UUID) -> ServiceRequest:
    """Return the request, locked after its ticket; raises NotFound."""
    found = ServiceRequest.objects.filter(pk=request_id).values_list("ticket_id")
    row = found.first()
    if row is None:
        raise NotFound
    if row[0] is not None:
        locked(Ticket.objects.all(), row[0])
    return locked(ServiceRequest.objects.all(), request_id)


def hold_job(job_id: UUID) -> tuple[Job, ServiceRequest]:
    """Return the job and its request, both locked, the ticket before them."""
    found = Job.objects.filter(pk=job_id).values_list("request_id", flat=True).first()
    if found is None:
        raise NotFound
    request = hold_request(found)
    return locked(Job.objects.all(), job_id), request


def work_ref(request_id: UUID) -> str:
    """Return the name under which a ticket knows that the request repairs it."""
    return f"service_request:{request_id}"
