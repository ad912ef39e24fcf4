"""Ending a sanction before its time: as many people as decided it agree.

Lock order: the person, then the sanction.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import SANCTION_STATES, Sanction, User
from accounts.queries.staff import is_same_human
from accounts.services.moderation.sanctions import (
    FourEyes,
    check_may,
    finish,
    locked_pair,
    note,
    words_of,
)
from lokahome.core.errors import StateConflict


class LiftTakesTwo(StateConflict):
    """Two people decided the sanction: one asks to lift it, another agrees."""

    code = "sanction.lift_takes_two"
    title = gettext_lazy("Deux personnes doivent lever cette sanction")


class LiftAsked(StateConflict):
    """A colleague has asked for it already."""

    code = "sanction.lift_asked"
    title = gettext_lazy("La levée de cette sanction est déjà demandée")


class LiftNotAsked(StateConflict):
    """Nobody has asked to lift the sanction."""

    code = "sanction.lift_not_asked"
    title = gettext_lazy("Personne n’a demandé la levée de cette sanction")


@transaction.atomic
def lift_sanction(
    *, sanction_id: UUID, reason: str, actor: User, now: datetime
) -> Sanction:
    """End a sanction before its time; one of two people, once the other has asked.

    Raises NotFound, NotAllowed, LiftTakesTwo, FourEyes, SanctionInvalid without a
    reason, TransitionRefused. Locks the person, then the sanction; publishes
    SanctionEnded.
    """
    person, sanction = _locked_for(sanction_id, actor)
    if awaits_asking(sanction):
        raise LiftTakesTwo
    if is_same_human(actor.pk, sanction.lift_asked_by_id):
        raise FourEyes
    lift(sanction, person, reason=reason, actor=actor, now=now)
    return sanction


@transaction.atomic
def ask_lift_of_sanction(
    *, sanction_id: UUID, reason: str, actor: User, now: datetime
) -> Sanction:
    """Ask to end a sanction that two people decided; it goes on until another agrees.

    Raises NotFound, NotAllowed, LiftAsked, SanctionInvalid without a reason,
    TransitionRefused. Locks the person, then the sanction.
    """
    _person, sanction = _locked_for(sanction_id, actor)
    if sanction.lift_asked_by_id is not None:
        raise LiftAsked
    sanction.lift_asked_by = actor
    sanction.lift_reason = words_of(reason)
    _move(sanction, "ask_lift", actor, now, sanction.lift_reason)
    note("lift_asked", sanction, actor, sanction.lift_reason)
    return sanction


@transaction.atomic
def keep_sanction(
    *, sanction_id: UUID, reason: str, actor: User, now: datetime
) -> Sanction:
    """Say no to lifting it, or take one's own asking back: the sanction goes on.

    Raises NotFound, NotAllowed, LiftNotAsked, SanctionInvalid without a reason. Locks
    the person, then the sanction.
    """
    _person, sanction = _locked_for(sanction_id, actor)
    if sanction.status != Sanction.Status.ACTIVE or sanction.lift_asked_by_id is None:
        raise LiftNotAsked
    words = words_of(reason)
    sanction.lift_asked_by, sanction.lift_reason = None, ""
    _move(sanction, "keep", actor, now, words)
    note("kept", sanction, actor, words)
    return sanction


def awaits_asking(sanction: Sanction) -> bool:
    """Say whether lifting *sanction* takes two, and nobody has asked for it yet."""
    return (
        sanction.status == Sanction.Status.ACTIVE
        and sanction.second_by_id is not None
        and sanction.lift_asked_by_id is None
    )


def lift(
    sanction: Sanction, person: User, *, reason: str, actor: User, now: datetime
) -> None:
    """Take *sanction* back; the caller holds *person* and it locked, and checked who may.

    Raises SanctionInvalid without a reason, TransitionRefused; publishes SanctionEnded.
    """
    sanction.lift_reason = words_of(reason)
    sanction.lifted_at = now
    sanction.lifted_by = actor
    if sanction.lift_asked_by_id == actor.pk:
        # An appeal is answered by one person, who may have asked before it came.
        sanction.lift_asked_by = None
    SANCTION_STATES.apply(
        sanction,
        "lift",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=sanction.lift_reason,
        update_fields=("lifted_at", "lifted_by", "lift_asked_by", "lift_reason"),
    )
    note("lifted", sanction, actor, sanction.lift_reason)
    finish(sanction, person, actor=actor, now=now)


def _locked_for(sanction_id: UUID, actor: User) -> tuple[User, Sanction]:
    person, sanction = locked_pair(sanction_id)
    check_may("lift", actor, person, sanction.case)
    return person, sanction


def _move(
    sanction: Sanction, action: str, actor: User, now: datetime, reason: str
) -> None:
    SANCTION_STATES.apply(
        sanction,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason,
        update_fields=("lift_asked_by", "lift_reason"),
    )
