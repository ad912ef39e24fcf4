"""Appeals: one for each decision, answered by somebody who had no part in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.events import AppealDecided, AppealFiled, CaseOverturned
from accounts.models import APPEAL_STATES, Appeal, Case, Sanction, User
from accounts.models.appeal import AppealQuerySet
from accounts.policies.moderation import can_appeal, is_milder, may_decide_appeal
from accounts.queries.staff import is_same_human
from accounts.services.moderation.cases import close_case_of, open_case
from accounts.services.moderation.lifting import lift
from accounts.services.moderation.parties import has_conflict, parties_of
from accounts.services.moderation.sanctions import (
    check_free,
    check_whole,
    start,
    words_of,
)
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append

SUBJECT = "appeal:{}"
KIND = "appeal"


class AppealClosed(StateConflict):
    """The decision was appealed already, no longer counts, or is too old."""

    code = "appeal.closed"
    title = gettext_lazy("Cette décision ne peut plus être contestée")


class OtherDecider(NotAllowed):
    """Whoever decided, or approved, first does not answer the appeal."""

    code = "appeal.other_decider"
    title = gettext_lazy("Une autre personne doit répondre à ce recours")


class NotMilder(InvalidInput):
    """An appeal never makes a sanction heavier: the new one has to weigh less."""

    code = "appeal.not_milder"
    title = gettext_lazy("La nouvelle sanction doit être plus légère")


@transaction.atomic
def appeal_sanction(
    *, person_id: UUID, sanction_id: UUID, words: str, now: datetime
) -> tuple[Appeal, bool]:
    """Appeal against one's own sanction; return the appeal and whether it is new.

    An open appeal against it comes back as it is. Raises NotFound for somebody else's,
    AppealClosed. Locks the person, then the sanction; publishes AppealFiled and
    CaseOpened.
    """
    person = locked(User.objects.get_queryset(), person_id)
    sanction = locked(
        Sanction.objects.filter(person=person, starts_at__isnull=False), sanction_id
    )
    return _file(
        Appeal(
            person=person,
            sanction=sanction,
            words=words.strip(),
            first_decider_id=sanction.decided_by_id,
            first_second_id=sanction.second_by_id,
            created_at=now,
        ),
        earlier=Appeal.objects.filter(sanction=sanction),
        decided_at=sanction.starts_at or now,
        is_in_force=sanction.status == Sanction.Status.ACTIVE,
        now=now,
    )


@transaction.atomic
def appeal_case(
    *, person_id: UUID, case_id: UUID, words: str, now: datetime
) -> tuple[Appeal, bool]:
    """Appeal against the answer to a case about what one wrote; see `appeal_sanction`.

    Raises NotFound for a case about what others wrote, and for one that nobody decided.
    Locks the person, then the case.
    """
    person = locked(User.objects.get_queryset(), person_id)
    case = locked(Case.objects.filter(status=Case.Status.DECIDED), case_id)
    is_author = person.pk in parties_of(case.subject).authors
    if not is_author or case.decided_by_id is None or case.kind == KIND:
        raise NotFound
    return _file(
        Appeal(
            person=person,
            case=case,
            words=words.strip(),
            first_decider_id=case.decided_by_id,
            created_at=now,
        ),
        earlier=Appeal.objects.filter(case=case),
        decided_at=case.decided_at or now,
        is_in_force=case.decision != "no_action",
        now=now,
    )


def case_about(subject: str) -> UUID:
    """Return the newest case that staff decided against *subject* (``"listing:<id>"``).

    People know what they wrote, and no number of a case. Raises NotFound.
    """
    answered = Case.objects.filter(
        subject=subject, status=Case.Status.DECIDED, decided_by__isnull=False
    ).exclude(decision="no_action")
    newest = answered.order_by("-decided_at").values_list("pk", flat=True).first()
    if newest is None:
        raise NotFound
    return newest


@transaction.atomic
def uphold_appeal(
    *, appeal_id: UUID, answer: str, actor: User, now: datetime
) -> Appeal:
    """Answer that the decision stands. See `overturn_appeal` for what is raised."""
    _person, _sanction, appeal = _locked_all(appeal_id)
    return _decide(appeal, "uphold", answer, actor, now)


@transaction.atomic
def overturn_appeal(
    *, appeal_id: UUID, answer: str, actor: User, now: datetime
) -> Appeal:
    """Take the decision back: the sanction is lifted, the case's effect undone.

    Raises NotFound, OtherDecider, NotAllowed (also for whoever reported the matter),
    SanctionInvalid without words, TransitionRefused. Locks the person, the sanction,
    then the appeal; publishes AppealDecided and SanctionEnded or CaseOverturned. A
    sanction whose time is over stays as it is.
    """
    person, sanction, appeal = _locked_all(appeal_id)
    appeal = _decide(appeal, "overturn", answer, actor, now)
    if sanction is not None and sanction.status == Sanction.Status.ACTIVE:
        lift(sanction, person, reason=answer, actor=actor, now=now)
    if appeal.case is not None:
        case = appeal.case
        append(
            CaseOverturned(
                case_id=case.pk,
                kind=case.kind,
                queue=case.queue,
                subject_ref=case.subject,
                decision=case.decision,
            )
        )
    return appeal


@transaction.atomic
def modify_appeal(
    *,
    appeal_id: UUID,
    answer: str,
    kind: str,
    days: int | None,
    notice: str,
    actor: User,
    now: datetime,
) -> Appeal:
    """Put a milder sanction in the place of the one in force, from now on.

    The first decider's name stays on it, and whoever answers is its second person: two
    people agree on what is left. Raises NotMilder, SanctionInvalid, SanctionExists,
    StateConflict for a case or for a sanction that is over, and what `overturn_appeal`
    raises.
    """
    person, sanction, appeal = _locked_all(appeal_id)
    if sanction is None or sanction.status != Sanction.Status.ACTIVE:
        raise StateConflict
    check_whole(kind, days, answer, notice)
    if not is_milder(
        kind=kind,
        ends_at=None if days is None else now + timedelta(days=days),
        than_kind=sanction.kind,
        than_ends_at=sanction.ends_at,
    ):
        raise NotMilder
    check_free(person, kind, but=sanction)
    appeal = _decide(appeal, "modify", answer, actor, now)
    lift(sanction, person, reason=answer, actor=actor, now=now)
    milder = Sanction(
        person=person,
        kind=Sanction.Kind(kind),
        reason=sanction.reason,
        words=answer.strip(),
        notice=notice.strip(),
        days=days,
        case=sanction.case,
        replaces=sanction,
        decided_by_id=sanction.decided_by_id,
        second_by=actor,
        created_at=now,
    )
    milder.save()
    start(milder, person, action="approve", actor=actor, now=now)
    return appeal


def is_appealable(sanction: Sanction, *, now: datetime) -> bool:
    """Say whether its person can appeal; reads ``appeals`` of *sanction*."""
    return sanction.starts_at is not None and can_appeal(
        is_in_force=sanction.status == Sanction.Status.ACTIVE,
        days_since=(now - sanction.starts_at).days,
        was_appealed=bool(sanction.appeals.all()),
    )


def _file(
    appeal: Appeal,
    *,
    earlier: AppealQuerySet,
    decided_at: datetime,
    is_in_force: bool,
    now: datetime,
) -> tuple[Appeal, bool]:
    known = list(earlier.order_by("-id"))
    waiting = next((item for item in known if item.status == "open"), None)
    if waiting is not None:
        return waiting, False
    if not can_appeal(
        is_in_force=is_in_force,
        days_since=(now - decided_at).days,
        was_appealed=bool(known),
    ):
        raise AppealClosed
    appeal.save()
    open_case(
        kind=KIND,
        queue=Case.Queue.APPEALS,
        subject=SUBJECT.format(appeal.pk),
        title="Recours",
        evidence={},
        now=now,
    )
    record(
        "appeal.filed",
        subject=f"user:{appeal.person_id}",
        actor_id=appeal.person_id,
        details={"appeal_id": str(appeal.pk)},
    )
    append(AppealFiled(appeal_id=appeal.pk, person_id=appeal.person_id))
    return appeal, True


def _locked_all(appeal_id: UUID) -> tuple[User, Sanction | None, Appeal]:
    """Return the appeal with its person and sanction, locked in the house's order."""
    known = Appeal.objects.filter(pk=appeal_id).first()
    if known is None:
        raise NotFound
    person = locked(User.objects.get_queryset(), known.person_id)
    sanctions = Sanction.objects.select_related("case")
    sanction = locked(sanctions, known.sanction_id) if known.sanction_id else None
    appeals = Appeal.objects.select_related("case")
    return person, sanction, locked(appeals, appeal_id)


def _decide(
    appeal: Appeal, action: str, answer: str, actor: User, now: datetime
) -> Appeal:
    first = appeal.first_decider_id, appeal.first_second_id
    decided_first = is_same_human(actor.pk, *first)
    if decided_first:
        raise OtherDecider
    sanction = appeal.sanction
    case = appeal.case or (sanction.case if sanction is not None else None)
    is_concerned = is_same_human(actor.pk, appeal.person_id) or (
        case is not None and has_conflict(case, actor.pk)
    )
    if not may_decide_appeal(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        decided_first=decided_first,
        is_concerned=is_concerned,
    ):
        raise NotAllowed
    appeal.answer = words_of(answer)
    appeal.decided_by = actor
    appeal.decided_at = now
    APPEAL_STATES.apply(
        appeal,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=appeal.answer,
        update_fields=("answer", "decided_by", "decided_at"),
    )
    close_case_of(
        kind=KIND,
        subject=SUBJECT.format(appeal.pk),
        decision=appeal.status,
        reason=appeal.answer,
        actor=actor,
        now=now,
    )
    record(
        f"appeal.{appeal.status}",
        subject=f"user:{appeal.person_id}",
        actor_id=actor.pk,
        reason=appeal.answer,
        details={"appeal_id": str(appeal.pk)},
    )
    append(
        AppealDecided(
            appeal_id=appeal.pk, person_id=appeal.person_id, outcome=appeal.status
        )
    )
    return appeal
