"""What one reviewer finds about a document: good, unreadable, or no proof.

Nobody finds a document good without having looked at every side of it, and one whose
number or picture stands on another account takes two people. Lock order: the person,
the check.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import IDENTITY_STATES, IdentityCheck, Purpose, User
from accounts.services.identity.expiry import end_identity_check
from accounts.services.identity.files import unseen_sides
from accounts.services.identity.judging import (
    REASON,
    give_reason,
    locked_check,
    move,
    require_another,
    subject_of,
    words_of,
)
from accounts.services.identity.levels import recompute_levels
from accounts.services.identity.signals import needs_two_reviewers
from lokahome.core import clock
from lokahome.core.audit.record import record
from lokahome.core.errors import StateConflict

UNREADABLE_CODES = (REASON.BLURRED, REASON.CUT, REASON.SIDE_MISSING, REASON.OTHER)
REFUSAL_CODES = (
    REASON.OUT_OF_DATE,
    REASON.OTHER_NAME,
    REASON.OTHER_NUMBER,
    REASON.NOT_TAKEN,
    REASON.ALTERED,
    REASON.OTHER,
)


class DocumentRanOut(StateConflict):
    """The document was valid when it came, and is not any more: refuse it."""

    code = "identity.ran_out"
    title = gettext_lazy("Cette pièce n’est plus valable")


class DocumentNotSeen(StateConflict):
    """Whoever decides has not opened every side of the document within the hour."""

    code = "identity.not_seen"
    title = gettext_lazy("Ouvrez la pièce avant de la valider")

    def default_detail(self) -> str:
        return _("Regardez chaque côté, puis décidez.")


class TwoReviewersNeeded(StateConflict):
    """Its number or picture is on another account: a first reviewer has to say why."""

    code = "identity.two_reviewers"
    title = gettext_lazy("Deux personnes doivent trouver cette pièce bonne")


class OneReviewerIsEnough(StateConflict):
    """Nothing speaks against the document: it is accepted by whoever looks at it."""

    code = "identity.one_reviewer"
    title = gettext_lazy("Une seule personne suffit pour cette pièce")


@transaction.atomic
def vouch_for_identity(
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Find good, as the first of two, a document whose like is on another account.

    Nothing is proved yet: a colleague accepts it, or not. Raises NotFound, NotAllowed,
    ReasonMissing, DocumentNotSeen, OneReviewerIsEnough, TransitionRefused. Locks the
    person, then the check.
    """
    check = locked_check(check_id, actor)
    words = words_of(reason)
    if not awaits_voucher(check, now=now):
        raise OneReviewerIsEnough
    _require_looks(check, actor, now)
    check.vouched_by = actor
    IDENTITY_STATES.apply(
        check,
        "vouch",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=words,
        update_fields=("vouched_by",),
    )
    record(
        "identity.vouched", subject=subject_of(check), actor_id=actor.pk, reason=words
    )
    return check


@transaction.atomic
def accept_identity_check(
    *, check_id: UUID, actor: User, reason: str, now: datetime
) -> IdentityCheck:
    """Find the document good: levels are counted anew with it.

    An older one of the kind ends as replaced, but for papers of ownership. Raises
    NotFound, NotAllowed (also about oneself), ReasonMissing, DocumentRanOut,
    DocumentNotSeen, TwoReviewersNeeded, SecondPersonNeeded, TransitionRefused. Locks
    the person, then the check; publishes IdentityChecked and LevelChanged.
    """
    check = locked_check(check_id, actor)
    words = words_of(reason)
    if check.expires_on is not None and check.expires_on < clock.local_day(now):
        raise DocumentRanOut
    if check.status == IdentityCheck.Status.SUBMITTED:
        require_another(actor, check.vouched_by_id)
        if awaits_voucher(check, now=now):
            raise TwoReviewersNeeded
        _require_looks(check, actor, now)
        _replace_older(check, now)
    move(check, "accept", actor, now, reason=words)
    record(
        "person.identity_checked",
        subject=f"user:{check.person_id}",
        actor_id=actor.pk,
        reason=words,
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
) -> IdentityCheck:
    """Ask for another photo. Raises NotFound, NotAllowed, ReasonMissing and
    TransitionRefused; locks and publishes as `accept_identity_check`."""
    check = locked_check(check_id, actor)
    give_reason(check, reason, reason_code, UNREADABLE_CODES)
    return move(check, "find_unreadable", actor, now)


@transaction.atomic
def refuse_identity_check(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    reason_code: str = REASON.OTHER,
) -> IdentityCheck:
    """Refuse it as a proof; raises as `find_identity_unreadable`."""
    check = locked_check(check_id, actor)
    give_reason(check, reason, reason_code, REFUSAL_CODES)
    return move(check, "refuse", actor, now)


def awaits_voucher(check: IdentityCheck, *, now: datetime) -> bool:
    """Say whether a waiting *check* needs two reviewers, and has not had the first."""
    return (
        check.status == IdentityCheck.Status.SUBMITTED
        and check.vouched_by_id is None
        and needs_two_reviewers(check, now=now)
    )


def _require_looks(check: IdentityCheck, actor: User, now: datetime) -> None:
    if unseen_sides(check, reader=actor, now=now):
        raise DocumentNotSeen


def _replace_older(check: IdentityCheck, now: datetime) -> None:
    if check.purpose == Purpose.OWNERSHIP:
        return  # somebody may own several homes
    same = IdentityCheck.objects.accepted().filter(
        person_id=check.person_id, document_kind=check.document_kind, role=check.role
    )
    for older in same.select_for_update(no_key=True):
        end_identity_check(older, cause=IdentityCheck.EndCause.REPLACED, now=now)
