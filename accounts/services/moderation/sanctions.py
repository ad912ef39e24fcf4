"""Sanctions: imposed by staff, by two of them where it weighs, ended by time or by staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import SanctionEnded, SanctionImposed
from accounts.models import SANCTION_STATES, Case, Phone, Sanction, User
from accounts.policies.moderation import (
    AGAIN_DAYS,
    may_sanction,
    sanction_needs_second_person,
)
from accounts.queries.staff import is_same_human
from accounts.services.moderation.barring import look_at_newcomer
from accounts.services.moderation.cases import ASSIGN, require_free
from accounts.services.moderation.parties import has_conflict
from accounts.services.moderation.standing import take_effect
from lokahome.core.audit.record import record
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    StateConflict,
)
from lokahome.core.events.outbox import append

LONGEST_DAYS = 3650


class SanctionInvalid(InvalidInput):
    """The kind, the duration and the words do not go together."""

    code = "sanction.invalid"


class SanctionExists(StateConflict):
    """A sanction of this kind is in force, or waits for its second person."""

    code = "sanction.exists"
    title = gettext_lazy("Une sanction de cette nature existe déjà")


class StaffNotSanctioned(StateConflict):
    """Sanctions are for the people of the platform; staff lose their groups instead."""

    code = "sanction.of_staff"
    title = gettext_lazy("L’équipe ne se sanctionne pas ainsi")


class FourEyes(NotAllowed):
    """Whoever proposed it does not approve it."""

    code = "sanction.four_eyes"
    title = gettext_lazy("Une autre personne doit décider")


@transaction.atomic
def impose_sanction(
    *,
    person_id: UUID,
    kind: str,
    reason: str,
    words: str,
    notice: str,
    days: int | None,
    actor: User,
    now: datetime,
    case_id: UUID | None = None,
) -> Sanction:
    """Sanction a person, at once or, where two have to agree, once another approves.

    *days* is None for a warning, for a ban, and for what has no end. *words* are for
    the staff, *notice* is what the person reads. Raises NotFound, NotAllowed (also for a
    case that *actor* may not decide), CaseClaimed, SanctionInvalid, SanctionExists,
    StaffNotSanctioned. Locks the person; publishes SanctionImposed when it starts, and
    ends the sessions of an account that closes.
    """
    person = locked(User.objects.get_queryset(), person_id)
    case = _case(case_id)
    check_may("impose", actor, person, case)
    if case is not None and not actor.has_perm(ASSIGN):  # leads watch every queue
        require_free(case, actor)
    if person.is_staff:
        raise StaffNotSanctioned
    check_whole(kind, days, words, notice)
    check_free(person, kind)
    sanction = Sanction(
        person=person,
        kind=Sanction.Kind(kind),
        reason=Sanction.Reason(reason),
        words=words.strip(),
        notice=notice.strip(),
        days=days,
        case=case,
        decided_by=actor,
        created_at=now,
    )
    sanction.save()
    needs_two = sanction_needs_second_person(
        kind=kind,
        days=days,
        queue=case.queue if case else "",
        is_again=_was_closed_since(person, now - timedelta(days=AGAIN_DAYS)),
    )
    note("proposed" if needs_two else "imposed", sanction, actor, sanction.words)
    if not needs_two:
        start(sanction, person, action="start", actor=actor, now=now)
    return sanction


@transaction.atomic
def approve_sanction(
    *, sanction_id: UUID, reason: str, actor: User, now: datetime
) -> Sanction:
    """Let a proposed sanction start, as its second person.

    Raises NotFound, FourEyes for whoever proposed it, NotAllowed, SanctionInvalid
    without a reason, TransitionRefused. Locks the person, then the sanction; publishes
    SanctionImposed.
    """
    person, sanction = locked_pair(sanction_id)
    if is_same_human(actor.pk, sanction.decided_by_id):
        raise FourEyes
    check_may("approve", actor, person, sanction.case)
    words = words_of(reason)
    sanction.second_by = actor
    start(sanction, person, action="approve", actor=actor, now=now)
    note("approved", sanction, actor, words)
    return sanction


@transaction.atomic
def refuse_sanction(
    *, sanction_id: UUID, reason: str, actor: User, now: datetime
) -> Sanction:
    """Give a proposed sanction up: by the second person, or by whoever proposed it.

    Raises NotFound, NotAllowed, TransitionRefused. Locks the person, then the sanction.
    """
    person, sanction = locked_pair(sanction_id)
    deed = "impose" if sanction.decided_by_id == actor.pk else "approve"
    check_may(deed, actor, person, sanction.case)
    SANCTION_STATES.apply(
        sanction, "refuse", who="staff", actor_id=actor.pk, now=now, reason=reason
    )
    note("refused", sanction, actor, reason)
    return sanction


def expire_sanctions(*, now: datetime) -> int:
    """End the sanctions whose time is over by *now*; return how many.

    Each in a transaction of its own: locks the person, then the sanction; publishes
    SanctionEnded.
    """
    ended = 0
    for sanction_id in Sanction.objects.over(now).values_list("pk", flat=True):
        with transaction.atomic():
            person, sanction = locked_pair(sanction_id)
            if sanction.status != Sanction.Status.ACTIVE:
                continue  # lifted in the meantime
            SANCTION_STATES.apply(
                sanction, "expire", who="system", actor_id=None, now=now
            )
            finish(sanction, person, actor=None, now=now)
            ended += 1
    return ended


def start(
    sanction: Sanction, person: User, *, action: str, actor: User, now: datetime
) -> None:
    """Put *sanction* into force; the caller holds *person* locked and checked who may.

    Whoever came by a number that *person* gave up while it waited is looked at: locks
    those numbers, in their order.
    """
    sanction.starts_at = now
    if sanction.days is not None:
        sanction.ends_at = now + timedelta(days=sanction.days)
    SANCTION_STATES.apply(
        sanction,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=sanction.reason,
        update_fields=("second_by", "starts_at", "ends_at"),
    )
    if sanction.kind != Sanction.Kind.WARN:
        take_effect(person, measure=sanction.kind, actor_id=actor.pk, now=now)
        _look_at_successors(sanction, now)
    append(
        SanctionImposed(
            sanction_id=sanction.pk, person_id=person.pk, measure=sanction.kind
        )
    )


def _look_at_successors(sanction: Sanction, now: datetime) -> None:
    """Look at who took a number that the person gave up since *sanction* was proposed.

    Also at who gave it up again. Behind the lock of each number: whoever joins by it at
    this moment was there before and is seen here, or comes after and sees the sanction.
    """
    given_up = Phone.objects.filter(
        user_id=sanction.person_id, released_at__gte=sanction.created_at
    )
    numbers = sorted(set(given_up.values_list("number", flat=True)))
    for number in numbers:
        advisory_lock("phone", number)
    taken = Phone.objects.filter(
        Q(released_at=None) | Q(held_since__gte=sanction.created_at),
        number__in=numbers,
        user__erased_at=None,
    )
    others = taken.exclude(user_id=sanction.person_id).order_by("user_id", "id")
    for person_id, number in others.values_list("user_id", "number"):
        look_at_newcomer(person_id=person_id, number=number, now=now)


def finish(
    sanction: Sanction, person: User, *, actor: User | None, now: datetime
) -> None:
    """Make *person* stand without *sanction*; publishes SanctionEnded."""
    if sanction.kind != Sanction.Kind.WARN:
        actor_id = actor.pk if actor else None
        take_effect(person, measure=sanction.kind, actor_id=actor_id, now=now)
    append(
        SanctionEnded(
            sanction_id=sanction.pk,
            person_id=person.pk,
            measure=sanction.kind,
            outcome=sanction.status,
        )
    )


def _case(case_id: UUID | None) -> Case | None:
    if case_id is None:
        return None
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def locked_pair(sanction_id: UUID) -> tuple[User, Sanction]:
    """Return the person and the sanction, locked in that order; raises NotFound."""
    people = Sanction.objects.filter(pk=sanction_id).values_list("person_id", flat=True)
    person_id = people.first()
    if person_id is None:
        raise NotFound
    person = locked(User.objects.get_queryset(), person_id)
    return person, locked(Sanction.objects.all(), sanction_id)


def check_may(deed: str, actor: User, person: User, case: Case | None) -> None:
    """Raise NotAllowed unless *actor* has the right to *deed*, and no part in the matter."""
    is_concerned = is_same_human(actor.pk, person.pk) or (
        case is not None and has_conflict(case, actor.pk)
    )
    if not may_sanction(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        deed=deed,
        is_concerned=is_concerned,
    ):
        raise NotAllowed


def words_of(reason: str) -> str:
    """Return *reason* as it is kept; raises SanctionInvalid for none."""
    if not reason.strip():
        raise SanctionInvalid(
            errors=[FieldError("required", _("Le motif manque."), pointer="/reason")]
        )
    return reason.strip()


def check_free(person: User, kind: str, *, but: Sanction | None = None) -> None:
    """Raise SanctionExists where one of *kind* is in force or waits, *but* that one."""
    same = Sanction.objects.filter(
        person=person, kind=kind, status__in=("proposed", "active")
    )
    if but is not None:
        same = same.exclude(pk=but.pk)
    if kind != Sanction.Kind.WARN and same.exists():
        raise SanctionExists


def _was_closed_since(person: User, moment: datetime) -> bool:
    """Say whether an account was closed by a sanction at or after *moment*."""
    closed = Sanction.objects.closing().filter(person=person)
    return closed.filter(Q(starts_at__gte=moment) | Q(ends_at__gte=moment)).exists()


def check_whole(kind: str, days: int | None, words: str, notice: str) -> None:
    """Raise SanctionInvalid for what the table of sanctions would refuse."""
    errors = []
    if kind in (Sanction.Kind.WARN, Sanction.Kind.BAN) and days is not None:
        errors.append(
            FieldError("unexpected", _("Sans durée pour cette nature."), "/days")
        )
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        errors.append(
            FieldError("out_of_range", _("De 1 à 3650 jours."), pointer="/days")
        )
    for name, text in (("words", words), ("notice", notice)):
        if not text.strip():
            errors.append(
                FieldError("required", _("Ce texte manque."), pointer=f"/{name}")
            )
    if errors:
        raise SanctionInvalid(errors=errors)


def note(deed: str, sanction: Sanction, actor: User, reason: str = "") -> None:
    """Write *deed* about *sanction* into the audit log, on its person."""
    record(
        f"sanction.{deed}",
        subject=f"user:{sanction.person_id}",
        actor_id=actor.pk,
        reason=reason,
        details={
            "sanction_id": str(sanction.pk),
            "kind": sanction.kind,
            "days": sanction.days,
        },
    )
