"""A forged document: one person suspects it, another confirms or clears it.

Lock order: the person, the check, then its case.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import IDENTITY_STATES, Case, IdentityCheck, User
from accounts.services.identity.judging import (
    REASON,
    close_case_about,
    give_reason,
    locked_check,
    move,
    require_another,
    subject_of,
)
from accounts.services.identity.signals import twins_of
from accounts.services.moderation.cases import open_case
from lokahome.core.audit.record import record

FRAUD = "identity_fraud"
"""Kind of the cases that ask a second person."""
FRAUD_CODES = (REASON.ALTERED, REASON.NOT_THEIRS, REASON.OTHER)


@transaction.atomic
def suspect_identity_fraud(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
) -> IdentityCheck:
    """Take a document for a fraud: a case asks somebody else. Nobody is told yet.

    Raises NotFound, NotAllowed, ReasonMissing, TransitionRefused. Locks the person, then
    the check; publishes CaseOpened.
    """
    check = locked_check(check_id, actor)
    give_reason(check, reason, reason_code, FRAUD_CODES)
    check.suspected_by, check.vouched_by = actor, None
    IDENTITY_STATES.apply(
        check,
        "suspect",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=check.reason,
        update_fields=("reason", "reason_code", "suspected_by", "vouched_by"),
    )
    record(
        "identity.fraud_suspected",
        subject=subject_of(check),
        actor_id=actor.pk,
        reason=check.reason,
    )
    open_case(
        kind=FRAUD,
        queue=Case.Queue.IDENTITIES,
        subject=subject_of(check),
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
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Agree, as the second person, that it is a fraud. The person reads that it failed.

    Raises what `suspect_identity_fraud` raises, and SecondPersonNeeded. Locks the
    person, the check, then the case; publishes IdentityChecked and CaseDecided. What
    follows for the account is a sanction, decided apart.
    """
    check = locked_check(check_id, actor)
    require_another(actor, check.suspected_by_id)
    give_reason(check, reason, check.reason_code or REASON.OTHER, FRAUD_CODES)
    move(check, "confirm_fraud", actor, now)
    record(
        "identity.fraud_confirmed",
        subject=subject_of(check),
        actor_id=actor.pk,
        reason=check.reason,
    )
    close_case_about(check, FRAUD, "fraud", actor, now)
    return check


@transaction.atomic
def clear_identity_suspicion(
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Find, as the second person, no fraud: the document waits again like any other.

    Raises and locks as `confirm_identity_fraud`; publishes CaseDecided.
    """
    check = locked_check(check_id, actor)
    require_another(actor, check.suspected_by_id)
    give_reason(check, reason, REASON.OTHER, FRAUD_CODES)
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
    close_case_about(check, FRAUD, "cleared", actor, now, reason=said)
    return check
