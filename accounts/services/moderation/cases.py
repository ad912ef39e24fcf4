"""Cases: opened by any app about anything, decided by staff with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import CaseDecided, CaseOpened
from accounts.models import CASE_STATES, Case, Report, User
from accounts.policies.moderation import may_decide_case
from accounts.services.moderation.parties import has_conflict, refuse_conflict
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append


class ReasonMissing(InvalidInput):
    """A decision came without the reason that people will read."""

    code = "case.reason_missing"

    def default_detail(self) -> str:
        return _("Indiquez le motif de la décision.")


class CaseClaimed(StateConflict):
    """A colleague has taken the case."""

    code = "case.claimed"
    title = gettext_lazy("Ce dossier est pris en charge par quelqu’un d’autre")


class CaseNotOpen(StateConflict):
    """The case was decided."""

    code = "case.not_open"
    title = gettext_lazy("Ce dossier est décidé")


ASSIGN = "accounts.assign_case"


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
    NotFound, NotAllowed, ConflictOfInterest, CaseClaimed when a colleague has taken it,
    ReasonMissing, TransitionRefused when decided already. Closes all reports of the
    case. Locks the case; publishes CaseDecided.
    """
    case = locked(Case.objects.all(), case_id)
    if actor is not None:
        require_free(case, actor)
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


@transaction.atomic
def claim_case(*, case_id: UUID, actor: User, now: datetime) -> Case:
    """Take an open case, so that nobody else works on it; again changes nothing.

    Raises NotFound, NotAllowed, ConflictOfInterest, CaseNotOpen, CaseClaimed. Locks the
    case.
    """
    case = _locked_open(case_id)
    _check_may_decide(case, actor)
    if case.claimed_by_id not in (None, actor.pk):
        raise CaseClaimed
    return _give(case, actor, actor, now)


@transaction.atomic
def release_case(*, case_id: UUID, actor: User, now: datetime) -> Case:
    """Give a case back to its queue: one's own, or anybody's with the right to assign.

    Raises NotFound, NotAllowed, CaseNotOpen. Locks the case.
    """
    case = _locked_open(case_id)
    if case.claimed_by_id != actor.pk and not actor.has_perm(ASSIGN):
        raise NotAllowed
    return _give(case, None, actor, now)


@transaction.atomic
def assign_case(*, case_id: UUID, to: User, actor: User, now: datetime) -> Case:
    """Give a case to a colleague who may decide it, whoever had it before.

    Raises NotFound, NotAllowed (of *actor* or of *to*), ConflictOfInterest of *to*,
    CaseNotOpen. Locks the case.
    """
    case = _locked_open(case_id)
    if not (actor.is_active and actor.is_staff and actor.has_perm(ASSIGN)):
        raise NotAllowed
    _check_may_decide(case, to)
    return _give(case, to, actor, now)


@transaction.atomic
def close_case_of(
    *,
    kind: str,
    subject: str,
    decision: str,
    reason: str,
    actor: User | None,
    now: datetime,
) -> Case | None:
    """Decide the open case of *kind* about *subject*; None when there is none."""
    case = Case.objects.open().filter(kind=kind, subject=subject).first()
    if case is None:
        return None
    return decide_case(
        case_id=case.pk, decision=decision, reason=reason, actor=actor, now=now
    )


def require_free(case: Case, actor: User) -> None:
    """Raise unless *actor* may decide *case*, and no colleague has taken it.

    NotAllowed, ConflictOfInterest, or CaseClaimed: who may assign cases decides anyway.
    """
    _check_may_decide(case, actor)
    if case.claimed_by_id not in (None, actor.pk) and not actor.has_perm(ASSIGN):
        raise CaseClaimed


def may_take(case: Case, actor: User) -> bool:
    """Say whether *actor* may decide *case* as far as rights and conflicts go."""
    return _has_right(case, actor) and not has_conflict(case, actor.pk)


def _has_right(case: Case, actor: User) -> bool:
    return may_decide_case(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        queue=case.queue,
    )


def _check_may_decide(case: Case, actor: User) -> None:
    if not _has_right(case, actor):
        raise NotAllowed
    refuse_conflict(case, actor)


def _locked_open(case_id: UUID) -> Case:
    case = locked(Case.objects.all(), case_id)
    if case.status != Case.Status.OPEN:
        raise CaseNotOpen
    return case


def _give(case: Case, to: User | None, actor: User, now: datetime) -> Case:
    if case.claimed_by_id == (to.pk if to else None):
        return case
    case.claimed_by = to
    case.claimed_at = now if to else None
    case.save(update_fields={"claimed_by", "claimed_at"})
    record(
        "case.claimed" if to == actor else "case.assigned" if to else "case.released",
        subject=f"case:{case.pk}",
        actor_id=actor.pk,
        details={"to": str(to.pk) if to else None},
    )
    return case


def _close_reports(case: Case, now: datetime) -> None:
    Report.objects.open().filter(case=case).update(
        # A report may have been filed after the decider's clock was read.
        closed_at=Greatest(now, F("created_at")),
        version=F("version") + 1,
        updated_at=now,
    )
