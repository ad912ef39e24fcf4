"""Cases: opened by any app about anything, decided by staff with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.events import CaseDecided, CaseOpened
from accounts.models import CASE_STATES, Case, Report, User
from accounts.policies import may_decide_case
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed, StaleVersion
from lokahome.core.events.outbox import append


class ReasonMissing(InvalidInput):
    """A decision came without the reason that people will read."""

    code = "case.reason_missing"

    def default_detail(self) -> str:
        return _("Indiquez le motif de la décision.")


@transaction.atomic
def open_case(
    *,
    kind: str,
    queue: str,
    subject: str,
    title: str,
    evidence: dict[str, Any],
    now: datetime,
) -> Case:
    """Return the open case of *kind* about *subject*, opened now if there is none.

    *subject* is opaque (``"charge:<id>"``). *evidence* holds ids, amounts and states.
    Holds the advisory lock on (kind, subject); publishes CaseOpened when it opens one.
    """
    advisory_lock("case", kind, subject)
    case = Case.objects.open().filter(kind=kind, subject=subject).first()
    if case is not None:
        return case
    case = Case(
        kind=kind,
        queue=Case.Queue(queue),
        subject=subject,
        title=title,
        evidence=evidence,
        opened_at=now,
    )
    case.save()
    append(CaseOpened(case_id=case.pk, kind=kind, queue=queue, subject_ref=subject))
    return case


@transaction.atomic
def decide_case(
    *,
    case_id: UUID,
    decision: str,
    reason: str,
    actor: User | None,
    now: datetime,
    version: int | None = None,
) -> Case:
    """Decide a case; *actor* None is the system (the question went away by itself).

    *version* is the one the decider saw: raises StaleVersion when it is past. Raises
    NotFound, NotAllowed, ReasonMissing, TransitionRefused when decided already. Closes
    all reports of the case. Locks the case; publishes CaseDecided.
    """
    case = locked(Case.objects.all(), case_id)
    if actor is not None and not may_decide_case(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        queue=case.queue,
    ):
        raise NotAllowed
    if actor is not None and case.reports.filter(reporter=actor).exists():
        raise NotAllowed  # whoever reported it does not judge it
    if version is not None and version != case.version:
        raise StaleVersion
    if not reason.strip():
        raise ReasonMissing(
            errors=[FieldError("required", _("Le motif manque."), pointer="/reason")]
        )
    case.decision = decision
    case.reason = reason.strip()
    case.decided_by = actor
    case.decided_at = now
    CASE_STATES.apply(
        case,
        "decide",
        who="staff" if actor else "system",
        actor_id=actor.pk if actor else None,
        now=now,
        reason=case.reason,
        update_fields=("decision", "reason", "decided_by", "decided_at"),
    )
    _close_reports(case, now)
    append(
        CaseDecided(
            case_id=case.pk,
            kind=case.kind,
            queue=case.queue,
            subject_ref=case.subject,
            decision=decision,
        )
    )
    return case


def _close_reports(case: Case, now: datetime) -> None:
    Report.objects.open().filter(case=case).update(
        # A report may have been filed after the decider's clock was read.
        closed_at=Greatest(now, F("created_at")),
        version=F("version") + 1,
        updated_at=now,
    )
