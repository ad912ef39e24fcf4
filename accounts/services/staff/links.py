"""Private accounts of the staff: declared, checked by somebody else, taken back.

A member of staff rents and lets like anybody; what nobody may decide about themselves,
they may not decide about that account either (`accounts.queries.staff`). A link takes
rights away, so one lead alone must not bind the others with it, nor undo it.
Lock order: the member of staff, the link.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import StaffChanged
from accounts.models import STAFF_LINK_STATES, Phone, StaffLink, User
from accounts.policies.staff import MANAGE_STAFF, may_change_staff
from accounts.queries.staff import is_same_human
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.phones import normalise_phone

ASKED_FOR = timedelta(days=30)
"""An end that nobody agreed to within this time has to be asked for again."""


class HasAnAccount(StateConflict):
    """“No other account” was said of somebody who declared one."""

    code = "staff.has_account"
    title = gettext_lazy("Un compte personnel est déjà déclaré")


class AnotherConfirms(NotAllowed):
    """Whoever declared a private account does not check it, nor take it back alone."""

    code = "staff.another_confirms"
    title = gettext_lazy("Une autre personne doit vérifier")


def account_of(phone: str) -> UUID:
    """Return whose account holds *phone* now, however it is written.

    Raises InvalidPhone, and InvalidInput for a number that is nobody's.
    """
    held = Phone.objects.current().filter(number=normalise_phone(phone))
    person_id = held.values_list("user_id", flat=True).first()
    if person_id is None:
        raise InvalidInput(_("Personne n’a de compte avec ce numéro."))
    return person_id


@transaction.atomic
def declare_link(
    *,
    staff_id: UUID,
    person_id: UUID | None,
    actor: User | None,
    now: datetime,
    reason: str = "",
) -> StaffLink:
    """Note that *person_id* is another account of the colleague; None: has no other.

    It counts at once between the two, and makes nobody else of the staff the same human
    before somebody else has checked it (`humans_of`). Declared again, the link comes
    back as it is. *actor* None is the command line, which may say no reason. Anybody
    who leads the staff may declare, also of themselves: it takes rights away and gives
    none. Raises NotFound, NotAllowed, HasAnAccount, InvalidInput for the account itself
    and for a lead without a reason. Locks the colleague; publishes StaffChanged.
    """
    if actor is not None and not (
        actor.is_active and actor.is_staff and actor.has_perm(MANAGE_STAFF)
    ):
        raise NotAllowed
    words = reason.strip()[:500]
    if actor is not None and not words:
        raise InvalidInput(_("Donnez un motif."))
    staff = locked(User.objects.filter(is_staff=True), staff_id)
    if person_id == staff.pk:
        raise InvalidInput(_("Ce compte est celui du membre de l’équipe lui-même."))
    known = StaffLink.objects.living().filter(staff=staff)
    same = known.filter(person_id=person_id).first()
    if same is not None:
        return same
    if person_id is None and known.exists():
        raise HasAnAccount
    if person_id is not None:
        if not User.objects.filter(pk=person_id, erased_at=None).exists():
            raise NotFound
        for none in known.filter(person=None).select_for_update(no_key=True):
            _end(none, actor, now, words)
    link = StaffLink(
        staff=staff, person_id=person_id, declared_at=now, declared_by=actor
    )
    link.save()
    _note("staff.link_declared", link, actor, words)
    return link


@transaction.atomic
def confirm_link(*, link_id: UUID, actor: User, now: datetime) -> StaffLink:
    """Say, as a second person, that the declaration is true.

    Raises NotFound, NotAllowed, AnotherConfirms, TransitionRefused. Locks the
    colleague, then the link; publishes StaffChanged.
    """
    link = _held(link_id, actor)
    if is_same_human(actor.pk, link.declared_by_id):
        raise AnotherConfirms
    link.confirmed_at, link.confirmed_by = now, actor
    STAFF_LINK_STATES.apply(
        link,
        "confirm",
        who="staff",
        actor_id=actor.pk,
        now=now,
        update_fields=("confirmed_at", "confirmed_by"),
    )
    _note("staff.link_confirmed", link, actor)
    return link


@transaction.atomic
def end_link(
    *, link_id: UUID, reason: str, actor: User | None, now: datetime
) -> StaffLink:
    """Take a declaration back that was a mistake: the account is somebody else's.

    One that nobody confirmed ends by anybody who leads, has no part in it and did not
    declare it. What two people confirmed, two people end: the first call asks for it,
    the link counts on, and the call of another lead within ASKED_FOR ends it. *actor*
    None is the command line, and ends either. Raises NotFound, NotAllowed, InvalidInput
    without a reason, AnotherConfirms for whoever declared it unconfirmed or asked,
    TransitionRefused. Locks the colleague, then the link; publishes StaffChanged.
    """
    link = _held(link_id, actor)
    words = reason.strip()[:500]
    if not words:
        raise InvalidInput(_("Donnez un motif."))
    if actor is None or link.status != StaffLink.Status.CONFIRMED:
        if actor is not None and is_same_human(actor.pk, link.declared_by_id):
            raise AnotherConfirms
        _end(link, actor, now, words)
    elif link.end_asked_at is None or link.end_asked_at <= now - ASKED_FOR:
        _ask_end(link, actor, now, words)
    elif is_same_human(actor.pk, link.end_asked_by_id):
        raise AnotherConfirms
    else:
        _end(link, actor, now, words)
    return link


def _held(link_id: UUID, actor: User | None) -> StaffLink:
    staff_ids = StaffLink.objects.filter(pk=link_id).values_list("staff_id", flat=True)
    staff_id = staff_ids.first()
    if staff_id is None:
        raise NotFound
    locked(User.objects.all(), staff_id)
    link = locked(StaffLink.objects.all(), link_id)
    # By what two people said: else whoever declares an account of every lead's would
    # leave nobody to take it back.
    if actor is not None and not may_change_staff(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(
            actor.pk, link.staff_id, link.person_id, only_confirmed=True
        ),
    ):
        raise NotAllowed
    return link


def _ask_end(link: StaffLink, actor: User, now: datetime, reason: str) -> None:
    link.end_asked_at, link.end_asked_by = now, actor
    STAFF_LINK_STATES.apply(
        link,
        "ask_end",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason,
        update_fields=("end_asked_at", "end_asked_by"),
    )
    _note("staff.link_end_asked", link, actor, reason)


def _end(link: StaffLink, actor: User | None, now: datetime, reason: str) -> None:
    link.ended_at, link.ended_by = now, actor
    STAFF_LINK_STATES.apply(
        link,
        "end",
        who="staff",
        actor_id=actor.pk if actor else None,
        now=now,
        reason=reason,
        update_fields=("ended_at", "ended_by"),
    )
    _note("staff.link_ended", link, actor, reason)


def _note(action: str, link: StaffLink, actor: User | None, reason: str = "") -> None:
    # Which account it is stays with the link: the log is read by more people.
    deed = record(
        action,
        subject=f"user:{link.staff_id}",
        actor_id=actor.pk if actor else None,
        reason=reason,
        details={"link_id": str(link.pk), "has_account": link.person_id is not None},
    )
    if link.person_id is not None:
        append(StaffChanged(person_id=link.staff_id, change_id=deed.pk, measure="link"))
