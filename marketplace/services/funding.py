"""Paying for a job: the price is asked from the customer, and held."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.limits import take
from lokahome.core.money import Money
from lokahome.core.phones import guess_operator
from marketplace.events import JobFunded
from marketplace.models import Job
from marketplace.policies import roles_on_job
from marketplace.services.acceptance import ProviderGone
from marketplace.services.job_steps import job_ids, take_step
from payments.models import Charge
from payments.services.charges import request_charge
from payments.services.escrow import open_escrow, return_late_money

PROMPTS_AN_HOUR = 20
"""Most payments asked of one wallet: anybody's may be named, and each rings its phone."""
SUBJECT = "job:"


class JobNotPayable(StateConflict):
    """The job is paid for already, or given up."""

    code = "job.not_payable"
    title = gettext_lazy("Cette prestation n’est pas à payer")


@transaction.atomic
def fund_job(
    *,
    job_id: UUID,
    payer: User,
    now: datetime,
    operator: str | None = None,
    phone: str | None = None,
    payment_id: UUID | None = None,
) -> Charge:
    """Ask the customer's wallet for the whole price; return the charge, ``created``.

    The money will be held in the job's escrow. *phone* (E.164) is by default the
    payer's own, *operator* is guessed from it. Nothing is called here: a gateway lane
    starts the charge. Raises NotFound, NotAllowed for anybody but the customer,
    JobNotPayable, ProviderGone when nobody would come, InvalidInput, RateLimited beyond
    PROMPTS_AN_HOUR for one wallet.
    Locks the job.
    """
    job = locked(Job.objects.visible_to(payer), job_id)
    if "customer" not in roles_on_job(payer, job):
        raise NotAllowed(_("Seul le demandeur paie cette prestation."))
    is_new = payment_id is None or not _is_known(payment_id, job)
    if is_new and job.status != Job.Status.ACCEPTED:
        raise JobNotPayable
    if is_new and not job.provider.is_active:
        raise ProviderGone
    wallet, chosen = _wallet(payer, phone, operator)
    escrow = open_escrow(
        subject=job.subject(),
        payer_id=payer.pk,
        payee_id=job.provider_id,
        currency=job.currency,
        now=now,
    )
    if job.escrow_id is None:
        job.escrow_id = escrow.pk
        job.save(update_fields={"escrow_id"})
    charge = request_charge(
        payer_id=payer.pk,
        payee_id=job.provider_id,
        amount=job.money,
        subject=job.subject(),
        operator=chosen,
        payer_phone=wallet,
        description=_("Prestation"),
        now=now,
        charge_id=payment_id,
        escrow_id=escrow.pk,
    )
    if is_new:
        # Inside the transaction: what is refused was not asked, and counts nowhere.
        hour = timedelta(hours=1)
        rung = charge.payer_phone
        take("job.prompts", rung, limit=PROMPTS_AN_HOUR, window=hour, now=now)
    return charge


def _is_known(payment_id: UUID, job: Job) -> bool:
    return Charge.objects.filter(pk=payment_id, subject=job.subject()).exists()


def _wallet(payer: User, phone: str | None, operator: str | None) -> tuple[str, str]:
    wallet = phone or payer.phone or ""
    if not wallet:
        detail = _("Indiquez le numéro qui paie.")
        raise InvalidInput(errors=[FieldError("job.phone_missing", detail, "/phone")])
    chosen = operator or guess_operator(wallet)
    if chosen not in Charge.Operator.values:
        detail = _("Choisissez l’opérateur de ce numéro.")
        raise InvalidInput(
            errors=[FieldError("job.operator_unknown", detail, "/operator")]
        )
    return wallet, str(chosen)


def job_of(subject: str) -> UUID | None:
    """Return the job that a money *subject* names, or None when it is another's."""
    return UUID(subject.removeprefix(SUBJECT)) if subject.startswith(SUBJECT) else None


@transaction.atomic
def apply_job_payment(
    *,
    charge_id: UUID,
    job_id: UUID,
    amount: Money,
    captured_at: datetime,
    now: datetime,
) -> Job:
    """Note that a settled charge funds its job, once: a second call changes nothing.

    Money that came too late, twice, or is not the price goes back whole. Locks the job.
    Emits JobFunded.
    """
    job = locked(Job.objects.all(), job_id)
    if job.charge_id == charge_id:
        return job
    if job.status != Job.Status.ACCEPTED or amount != job.money:
        if job.escrow_id is not None:
            return_late_money(escrow_id=job.escrow_id, charge_id=charge_id, now=now)
        return job
    job.charge_id = charge_id
    job.funded_at = captured_at
    take_step(
        job,
        "fund",
        who="system",
        actor_id=None,
        now=now,
        fields=("charge_id", "funded_at"),
    )
    append(JobFunded(**job_ids(job), amount=amount.amount, currency=amount.currency))
    return job
