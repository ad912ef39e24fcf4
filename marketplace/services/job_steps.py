"""Steps of a job that several topics take, and what every fact about one names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed, NotFound
from lokahome.core.money import Money
from marketplace.models import Job
from marketplace.models.jobs import JOB_STATES
from marketplace.policies import roles_on_job
from payments.models import Charge, Escrow
from payments.services.escrow import return_late_money, settle_escrow


class WhyMissing(InvalidInput):
    """The step needs a reason that the other party will read."""

    code = "job.reason_missing"

    def default_detail(self) -> str:
        return _("Donnez un motif.")


def take_step(
    job: Job,
    action: str,
    *,
    who: str,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
    fields: Iterable[str] = (),
) -> None:
    """Move the locked *job* along an edge of JOB_STATES."""
    JOB_STATES.apply(
        job,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=fields,
    )


def party_of(job: Job, person: User) -> str:
    """Return whether *person* is the ``customer`` or the ``provider`` of *job*.

    Raises NotFound for strangers, NotAllowed for who is only on site.
    """
    roles = roles_on_job(person, job)
    if not roles:
        raise NotFound
    for role in (Job.Party.CUSTOMER, Job.Party.PROVIDER):
        if role in roles:
            return str(role)
    raise NotAllowed


def given(reason: str, *, most: int = 500) -> str:
    """Return *reason* without the spaces around it; raises WhyMissing."""
    reason = reason.strip()[:most]
    if not reason:
        detail = _("Donnez un motif.")
        raise WhyMissing(errors=[FieldError("job.reason_missing", detail, "/reason")])
    return reason


def split_money(
    job: Job,
    to_customer: Money,
    *,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    """Settle the escrow of the locked *job*: *to_customer* goes back, the rest is earned.

    Money that came in twice goes back first, so that the split is of the price alone.
    Locks the escrow.
    """
    escrow_id, charge_id = job.escrow_id, job.charge_id
    if escrow_id is None or charge_id is None:
        raise ValueError("nobody paid for this job")
    locked(Escrow.objects.all(), escrow_id)
    double = Charge.objects.captured().filter(escrow_id=escrow_id)
    for charge in double.exclude(pk=charge_id).order_by("id"):
        return_late_money(escrow_id=escrow_id, charge_id=charge.pk, now=now)
    settle_escrow(
        escrow_id=escrow_id,
        to_payer=to_customer,
        now=now,
        actor_id=actor_id,
        reason=reason,
    )
    job.to_customer = to_customer.amount


def job_ids(job: Job) -> dict[str, UUID]:
    """Return whom and what every fact about *job* names."""
    return {
        "job_id": job.pk,
        "customer_id": job.customer_id,
        "provider_id": job.provider_id,
    }
