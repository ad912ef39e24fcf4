"""Taking an acceptance back, and giving back what an appeal found wrong.

A document on which level 2 or more rests opens the way for money: one person asks, and
another one agrees or keeps it. It counts until then. Every revocation is the decision of
a case, so that its person may appeal. Lock order: the person, the check, then its case.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import IDENTITY_STATES, Case, IdentityCheck, Purpose, User
from accounts.policies.identity import revoking_needs_two
from accounts.services.identity.fraud import FRAUD
from accounts.services.identity.judging import (
    REASON,
    close_case_about,
    give_reason,
    locked_check,
    locked_with_person,
    require_another,
    subject_of,
    tell_checked,
    words_of,
)
from accounts.services.identity.levels import levels_resting_on, recompute_levels
from accounts.services.moderation.cases import open_case
from lokahome.core.audit.record import record
from lokahome.core.errors import StateConflict

REVOCATION = "identity_revocation"
"""Kind of the cases about an acceptance that is, or may be, taken back."""
REVOKED = "revoked"
REVOCATION_CODES = (
    REASON.ALTERED,
    REASON.NOT_THEIRS,
    REASON.OTHER_NAME,
    REASON.OTHER_NUMBER,
    REASON.NOT_TAKEN,
    REASON.OTHER,
)
_STATUS = IdentityCheck.Status


class RevocationAsked(StateConflict):
    """A colleague has asked for it already: agree, or keep the document."""

    code = "identity.revocation_asked"
    title = gettext_lazy("La validation de cette pièce est déjà mise en doute")


class RevocationNotAsked(StateConflict):
    """Nobody has asked that this acceptance be taken back."""

    code = "identity.revocation_not_asked"
    title = gettext_lazy("Personne ne met en doute la validation de cette pièce")


@transaction.atomic
def revoke_identity_check(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
) -> IdentityCheck:
    """Take an acceptance back, or ask for it where a level of 2 or more rests on it.

    Returns the check, ``revoked`` or still ``accepted``. Raises NotFound, NotAllowed,
    ReasonMissing, RevocationAsked, TransitionRefused. Locks the person, the check, then
    the case; publishes CaseOpened, and what `confirm_revocation` does when it is done.
    """
    check = locked_check(check_id, actor)
    if check.doubted_by_id is not None and check.status == _STATUS.ACCEPTED:
        raise RevocationAsked
    give_reason(check, reason, reason_code, REVOCATION_CODES)
    if not revoking_needs_two(levels_resting_on(check)):
        _open_case(check, now)
        return _revoke(check, actor, now)
    check.doubted_by = actor
    IDENTITY_STATES.apply(
        check,
        "doubt",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=check.reason,
        update_fields=("reason", "reason_code", "doubted_by"),
    )
    _record("identity.revocation_asked", check, actor, check.reason)
    _open_case(check, now)
    return check


@transaction.atomic
def confirm_revocation(
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Agree, as the second person: the document proves nothing any more.

    Its person reads *reason*. Raises NotFound, NotAllowed, ReasonMissing,
    RevocationNotAsked, SecondPersonNeeded. Locks the person, the check, then the case;
    publishes IdentityChecked, CaseDecided and LevelChanged.
    """
    check = _locked_doubted(check_id, actor)
    give_reason(check, reason, check.reason_code, REVOCATION_CODES)
    return _revoke(check, actor, now)


@transaction.atomic
def keep_identity_check(
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Find the acceptance right after all; neither who asked nor who accepted may.

    Raises and locks as `confirm_revocation`; publishes CaseDecided.
    """
    check = _locked_doubted(check_id, actor)
    require_another(actor, check.decided_by_id)
    words = words_of(reason)
    drop_doubt(check, who="staff", actor=actor, now=now, reason=words)
    _record("identity.kept", check, actor, words)
    return check


def drop_doubt(
    check: IdentityCheck, *, who: str, actor: User | None, now: datetime, reason: str
) -> None:
    """Let a locked, doubted *check* count as before; publishes CaseDecided."""
    check.doubted_by = None
    check.reason = check.reason_code = ""
    IDENTITY_STATES.apply(
        check,
        "keep",
        who=who,
        actor_id=actor.pk if actor else None,
        now=now,
        reason=reason,
        update_fields=("reason", "reason_code", "doubted_by"),
    )
    close_case_about(check, REVOCATION, "kept", actor, now, reason=reason)


def overturned_check(*, kind: str, decision: str, subject: str) -> UUID | None:
    """Return the document that a case of *kind* found against, None for other cases."""
    noun, _colon, pk = subject.partition(":")
    ours = {(FRAUD, "fraud"), (REVOCATION, REVOKED)}
    return UUID(pk) if noun == "identitycheck" and (kind, decision) in ours else None


@transaction.atomic
def overturn_identity_decision(*, check_id: UUID, now: datetime) -> IdentityCheck:
    """Undo, after an appeal, that a document was found forged, or taken back.

    A revoked one counts again, or ends as replaced where another of its kind came; one
    taken for a fraud waits for a reviewer, or is set aside where its photos are gone or
    another of its kind waits: its person may send it anew. Again changes nothing. Raises
    NotFound. Locks the person, then the check; publishes IdentityChecked and
    LevelChanged.
    """
    check = locked_with_person(check_id)
    if check.status == _STATUS.REVOKED:
        _restore(check, now)
    elif check.status == _STATUS.FRAUD:
        _reopen(check, now)
    return check


def _restore(check: IdentityCheck, now: datetime) -> None:
    check.revoked_by = check.revoked_at = check.doubted_by = None
    check.reason = check.reason_code = ""
    fields = {"revoked_by", "revoked_at", "doubted_by", "reason", "reason_code"}
    same = IdentityCheck.objects.accepted().filter(
        person_id=check.person_id, document_kind=check.document_kind, role=check.role
    )
    is_replaced = check.purpose != Purpose.OWNERSHIP and same.exists()
    if is_replaced:
        check.end_cause = IdentityCheck.EndCause.REPLACED
        fields.add("end_cause")
    _undo(check, "replace" if is_replaced else "overturn", fields, now)
    if not is_replaced:
        tell_checked(check)
    recompute_levels(person_id=check.person_id)


def _reopen(check: IdentityCheck, now: datetime) -> None:
    check.decided_by = check.decided_at = None
    check.reason = check.reason_code = ""
    fields = {"decided_by", "decided_at", "reason", "reason_code"}
    waiting = IdentityCheck.objects.waiting().filter(
        person_id=check.person_id, document_kind=check.document_kind
    )
    is_judged_anew = check.files_deleted_at is None and not waiting.exists()
    _undo(check, "overturn" if is_judged_anew else "set_aside", fields, now)
    tell_checked(check)


def _undo(check: IdentityCheck, action: str, fields: set[str], now: datetime) -> None:
    IDENTITY_STATES.apply(
        check, action, who="system", actor_id=None, now=now, update_fields=fields
    )
    record(
        "identity.overturned",
        subject=subject_of(check),
        actor_id=None,
        details={"status": check.status},
    )


def _revoke(check: IdentityCheck, actor: User, now: datetime) -> IdentityCheck:
    check.revoked_by, check.revoked_at = actor, now
    IDENTITY_STATES.apply(
        check,
        "revoke",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=check.reason,
        update_fields=("reason", "reason_code", "revoked_by", "revoked_at"),
    )
    _record("identity.revoked", check, actor, check.reason)
    close_case_about(check, REVOCATION, REVOKED, actor, now)
    tell_checked(check)
    recompute_levels(person_id=check.person_id, actor_id=actor.pk)
    return check


def _locked_doubted(check_id: UUID, actor: User) -> IdentityCheck:
    check = locked_check(check_id, actor)
    if check.doubted_by_id is None or check.status != _STATUS.ACCEPTED:
        raise RevocationNotAsked
    require_another(actor, check.doubted_by_id)
    return check


def _open_case(check: IdentityCheck, now: datetime) -> None:
    open_case(
        kind=REVOCATION,
        queue=Case.Queue.IDENTITIES,
        subject=subject_of(check),
        title=_("Validation à retirer : %s") % check.get_document_kind_display(),
        evidence={
            "person_id": str(check.person_id),
            "document_kind": check.document_kind,
            "reason_code": check.reason_code,
        },
        now=now,
    )


def _record(action: str, check: IdentityCheck, actor: User, reason: str) -> None:
    record(action, subject=subject_of(check), actor_id=actor.pk, reason=reason)
