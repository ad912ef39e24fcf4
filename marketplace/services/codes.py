"""Codes that the customer tells the provider: proof of who was there, and when."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    StateConflict,
)
from marketplace.models import Job
from marketplace.policies import is_code_locked, renewable_code, roles_on_job
from marketplace.queries.jobs import code_of


class JobCodeWrong(InvalidInput):
    """The code is not the one that the customer sees; another try is left."""

    code = "job.code_wrong"
    title = gettext_lazy("Code incorrect")

    def default_detail(self) -> str:
        return _("Demandez sur place le code affiché maintenant.")


class JobCodeLocked(StateConflict):
    """Too many wrong codes were tried; the customer has to renew it."""

    code = "job.code_locked"
    title = gettext_lazy("Code bloqué")

    def default_detail(self) -> str:
        return _("Trop d’essais : le demandeur doit renouveler le code.")


def try_code(job: Job, kind: str, code: str) -> DomainError | None:
    """Compare *code* with that of the locked *job*; return the refusal, or None.

    A wrong one is counted and saved: the caller has to commit before it raises.
    """
    if is_code_locked(job, kind):
        return JobCodeLocked()
    given = code.strip().encode()
    if hmac.compare_digest(given, code_of(job, kind).encode()):
        return None
    field = f"{kind}_tries"
    setattr(job, field, getattr(job, field) + 1)
    job.save(update_fields={field})
    return JobCodeWrong(
        errors=[FieldError("wrong", _("Code incorrect."), pointer="/code")]
    )


@transaction.atomic
def renew_code(*, job_id: UUID, person: User, kind: str, now: datetime) -> Job:
    """Give the job a new code and five new tries; the old one is worth nothing.

    *kind* is ``start`` while the job is funded, ``finish`` while it is under way. Raises
    NotFound, NotAllowed for anybody but the customer, StateConflict. Locks the job.
    """
    job = locked(Job.objects.visible_to(person), job_id)
    if "customer" not in roles_on_job(person, job):
        raise NotAllowed
    if kind != renewable_code(job):
        raise StateConflict
    setattr(job, f"{kind}_round", getattr(job, f"{kind}_round") + 1)
    setattr(job, f"{kind}_tries", 0)
    job.save(update_fields={f"{kind}_round", f"{kind}_tries"})
    record(
        "job.code_renewed",
        subject=job.subject(),
        actor_id=person.pk,
        details={"kind": kind},
    )
    return job
