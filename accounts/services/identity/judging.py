"""What every decision about a document does: lock, ask who decides, say why, move.

Lock order: the person, the check, then its case.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import IdentityChecked
from accounts.models import IDENTITY_STATES, Case, IdentityCheck, User
from accounts.policies.identity import may_check_identity
from accounts.queries.staff import is_same_human
from accounts.services.moderation.cases import ReasonMissing, decide_case
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, NotAllowed, NotFound
from lokahome.core.events.outbox import append

REASON = IdentityCheck.ReasonCode


class SecondPersonNeeded(NotAllowed):
    """Whoever said it first does not decide it: a colleague does."""

    code = "identity.second_person"
    title = gettext_lazy("Une autre personne de l’équipe doit décider")


def subject_of(check: IdentityCheck) -> str:
    """Return the subject of its cases and of its lines in the audit log."""
    return f"identitycheck:{check.pk}"


def locked_check(check_id: UUID, actor: User) -> IdentityCheck:
    """Lock the person, then the check, for *actor* to decide about it.

    Raises NotFound, NotAllowed (also about a document of the same human).
    """
    check = locked_with_person(check_id)
    if not may_check_identity(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(actor.pk, check.person_id),
    ):
        raise NotAllowed
    return check


def locked_with_person(check_id: UUID) -> IdentityCheck:
    """Lock the person, then the check, and return it; raises NotFound."""
    people = IdentityCheck.objects.filter(pk=check_id).values_list("person_id")
    person = people.first()
    if person is None:
        raise NotFound
    locked(User.objects.all(), person[0])
    return locked(IdentityCheck.objects.all(), check_id)


def require_another(actor: User, *first: UUID | None) -> None:
    """Raise SecondPersonNeeded when *actor* is the same human as one of *first*."""
    if is_same_human(actor.pk, *first):
        raise SecondPersonNeeded


def words_of(reason: str) -> str:
    """Return *reason* as it is kept; raises ReasonMissing for none."""
    if not reason.strip():
        detail = _("Le motif manque.")
        raise ReasonMissing(errors=[FieldError("required", detail, pointer="/reason")])
    return reason.strip()[:500]


def give_reason(
    check: IdentityCheck, reason: str, code: str, known: tuple[str, ...]
) -> None:
    """Write *reason* and *code* on *check*; raises ReasonMissing, also for another code."""
    words = words_of(reason)
    if code not in known:
        detail = _("Ce motif ne convient pas à cette décision.")
        pointer = "/reason_code"
        raise ReasonMissing(errors=[FieldError("not_expected", detail, pointer)])
    check.reason, check.reason_code = words, REASON(code)


def move(
    check: IdentityCheck, action: str, actor: User, now: datetime, reason: str = ""
) -> IdentityCheck:
    """Decide about a locked *check* that waits; publishes IdentityChecked.

    *reason* goes into the history where the row itself keeps none.
    """
    check.decided_by = actor
    check.decided_at = now
    if action != "accept":
        check.vouched_by = None
    IDENTITY_STATES.apply(
        check,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason or check.reason,
        update_fields=("reason", "reason_code", "vouched_by", *DECIDED),
    )
    tell_checked(check)
    return check


DECIDED = ("decided_by", "decided_at")


def tell_checked(check: IdentityCheck) -> None:
    """Publish IdentityChecked with the state in which *check* stands now."""
    append(
        IdentityChecked(
            check_id=check.pk, person_id=check.person_id, status=check.status
        )
    )


def close_case_about(
    check: IdentityCheck,
    kind: str,
    decision: str,
    actor: User | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Decide the open case of *kind* about *check*, if there is one."""
    open_cases = Case.objects.open().filter(kind=kind, subject=subject_of(check))
    case_id = open_cases.values_list("pk", flat=True).first()
    if case_id is not None:
        decide_case(
            case_id=case_id,
            decision=decision,
            reason=reason or check.reason,
            actor=actor,
            now=now,
        )
