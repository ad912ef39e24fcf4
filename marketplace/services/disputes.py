"""Contesting a job, and the staff's answer: a split to the franc."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Case, User
from accounts.queries.staff import is_same_human
from accounts.services.moderation.cases import decide_case, open_case
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append
from lokahome.core.money import Money
from marketplace.events import JobDisputed, JobDisputeDecided
from marketplace.models import Job
from marketplace.services.job_steps import (
    given,
    job_ids,
    party_of,
    split_money,
    take_step,
)

CASE_KIND = "job_dispute"
DECISION = "split"
PERMISSION = "marketplace.decide_job_dispute"


class DisputeDecided(StateConflict):
    """The job is not in dispute, or the dispute was decided."""

    code = "job.dispute_decided"
    title = gettext_lazy("Ce litige n’est pas à trancher")


@transaction.atomic
def dispute_job(*, job_id: UUID, person: User, reason: str, now: datetime) -> Job:
    """Contest a started or delivered job; the money stays held. Again changes nothing.

    Raises NotFound, NotAllowed for who is only on site, WhyMissing, TransitionRefused.
    Locks the job. Opens a case in the queue of disputes; emits JobDisputed.
    """
    job = locked(Job.objects.visible_to(person), job_id)
    who = party_of(job, person)
    if job.status == Job.Status.DISPUTED:
        return job
    job.dispute_reason = given(reason, most=1000)
    job.disputed_by = who
    job.disputed_at = now
    state = job.status
    job.case_id = _open_case(job, state=state, who=who, now=now).pk
    take_step(
        job,
        "dispute",
        who=who,
        actor_id=person.pk,
        now=now,
        reason=job.dispute_reason[:500],
        fields=("dispute_reason", "disputed_by", "disputed_at", "case_id"),
    )
    append(JobDisputed(**job_ids(job), case_id=job.case_id))
    return job


def _open_case(job: Job, *, state: str, who: str, now: datetime) -> Case:
    return open_case(
        kind=CASE_KIND,
        queue=Case.Queue.DISPUTES,
        subject=job.subject(),
        title=_("Litige sur une prestation"),
        evidence={
            "job_id": str(job.pk),
            "amount": job.amount,
            "currency": job.currency,
            "state": state,
            "disputed_by": who,
        },
        now=now,
    )


@transaction.atomic
def decide_dispute(
    *,
    job_id: UUID,
    to_customer: Money,
    reason: str,
    actor: User,
    now: datetime,
    version: int | None = None,
) -> Job:
    """Split the price of a disputed job: *to_customer* goes back, the rest is earned.

    *version* is the job's that the decider saw: raises StaleVersion when it is past.
    Raises NotFound, NotAllowed without the permission or for a party of the job,
    WhyMissing, InvalidInput beyond the price, DisputeDecided. Locks the job, the case,
    the escrow. Decides the case; emits JobDisputeDecided. The job closes when payments
    say EscrowSettled; refund and payout each wait for their own approval.
    """
    if not (actor.is_active and actor.is_staff and actor.has_perm(PERMISSION)):
        raise NotAllowed
    job = locked(Job.objects.all(), job_id)
    if is_same_human(actor.pk, job.customer_id, job.provider_id, job.occupant_id):
        raise NotAllowed(_("Vous êtes partie à ce litige."))
    if version is not None and version != job.version:
        raise StaleVersion
    case_id, is_split = job.case_id, job.to_customer is not None
    if job.status != Job.Status.DISPUTED or is_split or case_id is None:
        raise DisputeDecided
    why = given(reason)
    if (
        job.currency != to_customer.currency
        or not 0 <= to_customer.amount <= job.amount
    ):
        detail = _("Entre zéro et le prix de la prestation.")
        raise InvalidInput(errors=[FieldError("out_of_range", detail, "/to_customer")])
    decide_case(case_id=case_id, decision=DECISION, reason=why, actor=actor, now=now)
    split_money(job, to_customer, actor_id=actor.pk, reason=why, now=now)
    job.ended_reason = why
    job.save(update_fields={"to_customer", "ended_reason"})
    to_provider = job.money - to_customer
    sums = {"to_customer": to_customer.amount, "to_provider": to_provider.amount}
    record(
        "job.dispute_decided",
        subject=job.subject(),
        actor_id=actor.pk,
        reason=why,
        details=sums,
    )
    append(
        JobDisputeDecided(
            **job_ids(job),
            case_id=case_id,
            to_customer=to_customer.amount,
            to_provider=to_provider.amount,
            currency=job.currency,
        )
    )
    return job


@transaction.atomic
def keep_dispute_open(*, job_id: UUID, case_id: UUID, now: datetime) -> bool:
    """Open a new case when one was decided without splitting the money.

    A decision on the case's own page says something and moves nothing; the dispute must
    not be forgotten with it. Changes nothing when the money was split. Locks the job.
    """
    job = locked(Job.objects.all(), job_id)
    waits = job.status == Job.Status.DISPUTED and job.to_customer is None
    if not waits or job.case_id != case_id:
        return False
    state, who = job.status, job.disputed_by
    job.case_id = _open_case(job, state=state, who=who, now=now).pk
    job.save(update_fields={"case_id"})
    return True
