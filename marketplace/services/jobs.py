"""A job under way: started and delivered by code, approved, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed, NotFound
from lokahome.core.events.outbox import append
from lokahome.core.money import Money
from marketplace.events import JobApproved, JobClosed, JobDelivered, JobStarted
from marketplace.models import Job, JobPhoto, ProviderProfile
from marketplace.models.requests import SERVICE_REQUEST_STATES
from marketplace.policies import SILENCE, roles_on_job
from marketplace.services.codes import try_code
from marketplace.services.holding import hold_job, work_ref
from marketplace.services.job_photos import attach, draw
from marketplace.services.job_steps import job_ids, split_money, take_step
from properties.services.tickets import release_ticket, resolve_ticket


class PhotoMissing(InvalidInput):
    """A delivery needs at least one picture of the finished work."""

    code = "job.photo_missing"
    title = gettext_lazy("Ajoutez une photo du travail fini")


def start_job(
    *,
    job_id: UUID,
    provider: User,
    code: str,
    now: datetime,
    upload_ids: Sequence[UUID] = (),
) -> Job:
    """Begin a funded job with the code that the customer or the occupant tells.

    A started one is returned as it is. Raises NotFound, NotAllowed for who is not the
    provider, TransitionRefused, JobCodeWrong (a try is gone), JobCodeLocked, and what
    `draw` raises. Locks the job, so that parallel guesses are counted one by one. Must
    not be called inside a transaction: a refusal has to leave its count behind. Emits
    JobStarted.
    """
    drawn = draw(job_id=job_id, person=provider, upload_ids=upload_ids)
    with transaction.atomic(durable=True):
        job = _locked_for_provider(job_id, provider)
        if job.status == Job.Status.STARTED:
            return job
        refusal = None
        if job.status == Job.Status.FUNDED:
            refusal = try_code(job, "start", code)
        if refusal is None:
            job.started_at = now
            _by_provider(job, "start", provider, now, "started_at")
            attach(job, provider, drawn, JobPhoto.Moment.START)
            append(JobStarted(**job_ids(job)))
    if refusal is not None:
        raise refusal
    return job


def deliver_job(
    *,
    job_id: UUID,
    provider: User,
    code: str,
    upload_ids: Sequence[UUID],
    now: datetime,
) -> Job:
    """Hand a started job over with the finish code and pictures of the work.

    Pictures added before count. A delivered one is returned as it is. Raises as
    `start_job`, and PhotoMissing. Locks the job; must not be called inside a
    transaction. Emits JobDelivered.
    """
    drawn = draw(job_id=job_id, person=provider, upload_ids=upload_ids)
    with transaction.atomic(durable=True):
        job = _locked_for_provider(job_id, provider)
        if job.status == Job.Status.DELIVERED:
            return job
        if not drawn and not job.photos.filter(moment=JobPhoto.Moment.FINISH).exists():
            detail = _("Une photo au moins.")
            raise PhotoMissing(
                errors=[FieldError("job.photo_missing", detail, "/upload_ids")]
            )
        refusal = None
        if job.status == Job.Status.STARTED:
            refusal = try_code(job, "finish", code)
        if refusal is None:
            job.delivered_at = now
            _by_provider(job, "deliver", provider, now, "delivered_at")
            attach(job, provider, drawn, JobPhoto.Moment.FINISH)
            append(JobDelivered(**job_ids(job)))
    if refusal is not None:
        raise refusal
    return job


def _locked_for_provider(job_id: UUID, provider: User) -> Job:
    job = locked(Job.objects.visible_to(provider), job_id)
    if "provider" not in roles_on_job(provider, job):
        raise NotAllowed(_("Seul le prestataire fait cela."))
    return job


def _by_provider(
    job: Job, action: str, provider: User, now: datetime, field: str
) -> None:
    take_step(
        job, action, who="provider", actor_id=provider.pk, now=now, fields=(field,)
    )


@transaction.atomic
def approve_job(*, job_id: UUID, customer: User, now: datetime) -> Job:
    """Approve delivered work: the price is the provider's. Again changes nothing.

    Raises NotFound, NotAllowed for who does not pay, TransitionRefused. Locks the job,
    then its escrow. Emits JobApproved; the job closes when payments say EscrowSettled.
    """
    job = locked(Job.objects.visible_to(customer), job_id)
    if "customer" not in roles_on_job(customer, job):
        raise NotAllowed(_("Seul le demandeur approuve."))
    if job.approved_at is None:
        _approve(job, actor_id=customer.pk, now=now)
    return job


def approve_silent_deliveries(*, now: datetime) -> int:
    """Approve what was delivered 72 hours ago in silence; return how many.

    Each in a transaction of its own, looked at again under its lock.
    """
    due = Job.objects.filter(
        status=Job.Status.DELIVERED, delivered_at__lte=now - SILENCE
    )
    return sum(
        _approve_silent(pk, now) for pk in list(due.values_list("pk", flat=True))
    )


@transaction.atomic
def _approve_silent(job_id: UUID, now: datetime) -> bool:
    job = locked(Job.objects.all(), job_id)
    if job.status != Job.Status.DELIVERED:
        return False
    _approve(job, actor_id=None, now=now)
    return True


def _approve(job: Job, *, actor_id: UUID | None, now: datetime) -> None:
    job.approved_at = now
    job.is_approved_by_silence = actor_id is None
    take_step(
        job,
        "approve",
        who="customer" if actor_id else "system",
        actor_id=actor_id,
        now=now,
        fields=("approved_at", "is_approved_by_silence"),
    )
    nothing = Money(0, job.currency)
    reason = _("Travail approuvé") if actor_id else _("Travail approuvé par silence")
    split_money(job, nothing, actor_id=actor_id, reason=reason, now=now)
    job.save(update_fields={"to_customer"})
    append(JobApproved(**job_ids(job), by_silence=actor_id is None))


@transaction.atomic
def close_job(*, job_id: UUID, to_customer: Money, now: datetime) -> Job:
    """Close an approved or decided job whose money was split; again changes nothing.

    *to_customer* is what goes back of the price. The request is closed; the ticket is
    resolved at what the work cost, or free for another try when all went back. Locks
    the ticket, the request, the job, the profile. Emits JobClosed.
    """
    job, request = hold_job(job_id)
    if job.status not in (Job.Status.APPROVED, Job.Status.DISPUTED):
        return job  # cancelled: what was split is a refund, and nothing is left to do
    earned = job.money - to_customer
    job.to_customer = to_customer.amount
    job.ended_at = now
    take_step(
        job,
        "close",
        who="system",
        actor_id=None,
        now=now,
        fields=("to_customer", "ended_at"),
    )
    request.ended_at = now
    SERVICE_REQUEST_STATES.apply(
        request,
        "close",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("ended_at",),
    )
    if request.ticket_id is not None:
        ticket, ref = request.ticket_id, work_ref(request.pk)
        if earned:
            resolve_ticket(ticket_id=ticket, cost=earned, subject_ref=ref, now=now)
        else:
            release_ticket(ticket_id=ticket, subject_ref=ref, now=now)
    if earned:
        _count_done(job.provider_id)
    append(
        JobClosed(
            **job_ids(job),
            to_customer=to_customer.amount,
            to_provider=earned.amount,
            currency=job.currency,
        )
    )
    return job


def _count_done(provider_id: UUID) -> None:
    found = ProviderProfile.objects.filter(person_id=provider_id)
    profile_id = found.values_list("pk", flat=True).first()
    if profile_id is None:
        raise NotFound
    profile = locked(ProviderProfile.objects.all(), profile_id)
    profile.jobs_done += 1
    profile.save(update_fields={"jobs_done"})
