"""What staff finds about a document: one person decides, fraud takes two.

Lock order: the person, the check, then its case.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import IdentityChecked
from accounts.models import IDENTITY_STATES, Case, IdentityCheck, Purpose, User
from accounts.policies.identity import may_check_identity
from accounts.queries.staff import is_same_human
from accounts.services.identity.expiry import end_identity_check
from accounts.services.identity.levels import recompute_levels
from accounts.services.identity.signals import twins_of
from accounts.services.moderation.cases import ReasonMissing, decide_case, open_case
from lokahome.core import clock
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    NotAllowed,
    NotFound,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append

FRAUD = "identity_fraud"
"""Kind of the cases that ask a second person."""
REASON = IdentityCheck.ReasonCode
UNREADABLE_CODES = (REASON.BLURRED, REASON.CUT, REASON.SIDE_MISSING, REASON.OTHER)
REFUSAL_CODES = (
    REASON.OUT_OF_DATE,
    REASON.OTHER_NAME,
    REASON.OTHER_NUMBER,
    REASON.NOT_TAKEN,
    REASON.ALTERED,
    REASON.OTHER,
)
FRAUD_CODES = (REASON.ALTERED, REASON.NOT_THEIRS, REASON.OTHER)


class DocumentRanOut(StateConflict):
    """The document was valid when it came, and is not any more: refuse it."""

    code = "identity.ran_out"
    title = gettext_lazy("Cette pièce n’est plus valable")


class SecondPersonNeeded(NotAllowed):
    """Whoever suspected a fraud does not confirm it, nor clear it."""

    code = "identity.second_person"
    title = gettext_lazy("Une autre personne de l’équipe doit décider")


@transaction.atomic
def accept_identity_check(
    *, check_id: UUID, actor: User, now: datetime, version: int | None = None
) -> IdentityCheck:
    """Find the document good: levels are counted anew with it.

    An older one of the kind ends as replaced, but for papers of ownership. Raises
    NotFound, NotAllowed (also about oneself), StaleVersion, DocumentRanOut,
    TransitionRefused. Locks the person, then the check; publishes IdentityChecked and
    LevelChanged.
    """
    check = _locked(check_id, actor, version)
    if check.expires_on is not None and check.expires_on < clock.local_day(now):
        raise DocumentRanOut
    if check.status == IdentityCheck.Status.SUBMITTED:
        _replace_older(check, now)
    _move(check, "accept", actor, now)
    record(
        "person.identity_checked",
        subject=f"user:{check.person_id}",
        actor_id=actor.pk,
        details={"check_id": str(check.pk), "document": check.document_kind},
    )
    recompute_levels(person_id=check.person_id, actor_id=actor.pk)
    return check


@transaction.atomic
def find_identity_unreadable(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
    version: int | None = None,
) -> IdentityCheck:
    """Ask for another photo; raises as `accept_identity_check`, and ReasonMissing."""
    check = _locked(check_id, actor, version)
    _give_reason(check, reason, reason_code, UNREADABLE_CODES)
    return _move(check, "find_unreadable", actor, now)


@transaction.atomic
def refuse_identity_check(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
    version: int | None = None,
) -> IdentityCheck:
    """Refuse it as a proof; raises as `accept_identity_check`, and ReasonMissing."""
    check = _locked(check_id, actor, version)
    _give_reason(check, reason, reason_code, REFUSAL_CODES)
    return _move(check, "refuse", actor, now)


@transaction.atomic
def suspect_identity_fraud(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
    version: int | None = None,
) -> IdentityCheck:
    """Take a document for a fraud: a case asks somebody else. Nobody is told yet.

    Raises as `accept_identity_check`, and ReasonMissing. Locks the person, then the
    check; publishes CaseOpened.
    """
    check = _locked(check_id, actor, version)
    _give_reason(check, reason, reason_code, FRAUD_CODES)
    check.suspected_by = actor
    IDENTITY_STATES.apply(
        check,
        "suspect",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=check.reason,
        update_fields=("reason", "reason_code", "suspected_by"),
    )
    record(
        "identity.fraud_suspected",
        subject=_subject(check),
        actor_id=actor.pk,
        reason=check.reason,
    )
    open_case(
        kind=FRAUD,
        queue=Case.Queue.IDENTITIES,
        subject=_subject(check),
        title=_("Fraude à confirmer : %s") % check.get_document_kind_display(),
        evidence={
            "person_id": str(check.person_id),
            "document_kind": check.document_kind,
            "reason_code": check.reason_code,
            "same_number": len(twins_of(check)),
        },
        now=now,
    )
    return check


@transaction.atomic
def confirm_identity_fraud(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> IdentityCheck:
    """Agree, as the second person, that it is a fraud. The person reads that it failed.

    Raises as `accept_identity_check`, and ReasonMissing, SecondPersonNeeded. Locks the
    person, the check, then the case; publishes IdentityChecked and CaseDecided. What
    follows for the account is a sanction, decided apart.
    """
    check = _locked(check_id, actor, version)
    _require_second(check, actor)
    _give_reason(check, reason, check.reason_code or REASON.OTHER, FRAUD_CODES)
    _move(check, "confirm_fraud", actor, now)
    record(
        "identity.fraud_confirmed",
        subject=_subject(check),
        actor_id=actor.pk,
        reason=check.reason,
    )
    _close_case(check, "fraud", actor, now)
    return check


@transaction.atomic
def clear_identity_suspicion(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> IdentityCheck:
    """Find, as the second person, no fraud: the document waits again like any other.

    Raises and locks as `confirm_identity_fraud`; publishes CaseDecided.
    """
    check = _locked(check_id, actor, version)
    _require_second(check, actor)
    _give_reason(check, reason, REASON.OTHER, FRAUD_CODES)
    said = check.reason
    check.reason = check.reason_code = ""
    IDENTITY_STATES.apply(
        check,
        "clear",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=said,
        update_fields=("reason", "reason_code"),
    )
    _close_case(check, "cleared", actor, now, reason=said)
    return check


def _subject(check: IdentityCheck) -> str:
    return f"identitycheck:{check.pk}"


def _locked(check_id: UUID, actor: User, version: int | None) -> IdentityCheck:
    people = IdentityCheck.objects.filter(pk=check_id).values_list("person_id")
    person = people.first()
    if person is None:
        raise NotFound
    locked(User.objects.all(), person[0])
    check = locked(IdentityCheck.objects.all(), check_id)
    if not may_check_identity(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(actor.pk, check.person_id),
    ):
        raise NotAllowed
    if version is not None and version != check.version:
        raise StaleVersion
    return check


def _replace_older(check: IdentityCheck, now: datetime) -> None:
    if check.purpose == Purpose.OWNERSHIP:
        return  # somebody may own several homes
    same = IdentityCheck.objects.accepted().filter(
        person_id=check.person_id, document_kind=check.document_kind, role=check.role
    )
    for older in same.select_for_update(no_key=True):
        end_identity_check(older, cause=IdentityCheck.EndCause.REPLACED, now=now)


def _require_second(check: IdentityCheck, actor: User) -> None:
    if is_same_human(actor.pk, check.suspected_by_id):
        raise SecondPersonNeeded


def _give_reason(
    check: IdentityCheck, reason: str, code: str, known: tuple[str, ...]
) -> None:
    if not reason.strip():
        detail = _("Le motif manque.")
        raise ReasonMissing(errors=[FieldError("required", detail, pointer="/reason")])
    if code not in known:
        detail = _("Ce motif ne convient pas à cette décision.")
        pointer = "/reason_code"
        raise ReasonMissing(errors=[FieldError("not_expected", detail, pointer)])
    check.reason = reason.strip()[:500]
    check.reason_code = REASON(code)


def _move(
    check: IdentityCheck, action: str, actor: User, now: datetime
) -> IdentityCheck:
    check.decided_by = actor
    check.decided_at = now
    IDENTITY_STATES.apply(
        check,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=check.reason,
        update_fields=("reason", "reason_code", "decided_by", "decided_at"),
    )
    append(
        IdentityChecked(
            check_id=check.pk, person_id=check.person_id, status=check.status
        )
    )
    return check


def _close_case(
    check: IdentityCheck, decision: str, actor: User, now: datetime, reason: str = ""
) -> None:
    open_cases = Case.objects.open().filter(kind=FRAUD, subject=_subject(check))
    case_id = open_cases.values_list("pk", flat=True).first()
    if case_id is not None:
        decide_case(
            case_id=case_id,
            decision=decision,
            reason=reason or check.reason,
            actor=actor,
            now=now,
        )
