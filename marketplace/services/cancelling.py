"""Giving a job up, and what becomes of the money."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lokahome.core.errors import NotFound
from lokahome.core.events.outbox import append
from marketplace.events import JobCancelled
from marketplace.models import Job, ServiceRequest
from marketplace.models.requests import SERVICE_REQUEST_STATES
from marketplace.policies import FUND_WITHIN, cancellation_terms
from marketplace.services.holding import hold_job, work_ref
from marketplace.services.job_steps import (
    given,
    job_ids,
    party_of,
    split_money,
    take_step,
)
from properties.services.tickets import release_ticket


@transaction.atomic
def cancel_job(*, job_id: UUID, person: User, reason: str, now: datetime) -> Job:
    """Give a job up as its customer or provider; again changes nothing.

    What was paid is split by `policies.cancellation_terms`, to the franc; the request
    closes, the ticket is free for another. Raises NotFound, NotAllowed for who is only
    on site, WhyMissing, TransitionRefused once it is delivered. Locks the ticket, the
    request, the job, the escrow. Emits JobCancelled.
    """
    if not Job.objects.visible_to(person).filter(pk=job_id).exists():
        raise NotFound
    job, request = hold_job(job_id)
    who = party_of(job, person)
    if job.status != Job.Status.CANCELLED:
        _cancel(job, request, who, person.pk, given(reason), now)
    return job


def cancel_unfunded_jobs(*, now: datetime) -> int:
    """Give up accepted jobs that nobody paid for within a week; return how many."""
    due = Job.objects.filter(
        status=Job.Status.ACCEPTED, created_at__lte=now - FUND_WITHIN
    )
    return sum(_give_up(pk, now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _give_up(job_id: UUID, now: datetime) -> bool:
    job, request = hold_job(job_id)
    if job.status != Job.Status.ACCEPTED:
        return False
    reason = _("Pas payée dans les sept jours")
    _cancel(job, request, str(Job.Party.SYSTEM), None, reason, now)
    return True


def _cancel(
    job: Job,
    request: ServiceRequest,
    who: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    is_held = job.status in Job.HELD_STATES
    terms = cancellation_terms(job, who, now)
    job.cancelled_by = who
    job.ended_reason = reason
    job.ended_at = now
    job.to_customer = terms.refund.amount
    take_step(
        job,
        "cancel",
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        fields=("cancelled_by", "ended_reason", "ended_at", "to_customer"),
    )
    if is_held:
        split_money(job, terms.refund, actor_id=actor_id, reason=reason, now=now)
    request.ended_at = now
    SERVICE_REQUEST_STATES.apply(
        request,
        "close",
        who="system",
        actor_id=actor_id,
        now=now,
        update_fields=("ended_at",),
    )
    if request.ticket_id is not None:
        ticket, ref = request.ticket_id, work_ref(request.pk)
        release_ticket(ticket_id=ticket, subject_ref=ref, now=now)
    append(
        JobCancelled(
            **job_ids(job),
            cancelled_by=who,
            refund=terms.refund.amount,
            currency=job.currency,
        )
    )
