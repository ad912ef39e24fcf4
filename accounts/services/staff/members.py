"""Changes of a colleague's account: groups, its end, a new password, no factors.

One person who leads the staff does it at once, or proposes it where two have to agree.
The row of the change is the lead's word for it; effects happen with it or not at all.
Lock order: the colleague, the change, then what hangs on the colleague.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import StaffChanged
from accounts.models import STAFF_CHANGE_STATES, Case, StaffChange, User
from accounts.policies.staff import change_needs_second_person, may_change_staff
from accounts.queries.staff import is_same_human
from accounts.services.staff.entering import new_password, wanted_groups
from accounts.services.staff.second_factors import is_enrolled
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append

Kind = StaffChange.Kind
APART_FROM = {
    Kind.PASSWORD: (Kind.FACTORS, Kind.CLOSE, Kind.REOPEN),
    Kind.FACTORS: (Kind.PASSWORD, Kind.REOPEN),
    Kind.REOPEN: (Kind.PASSWORD, Kind.FACTORS),
}
"""Way in -> what whoever renews it did not do lately. An end takes the factors away, a
reopening hands a password out for an account without any."""
APART_FOR = timedelta(days=30)
"""Who handed a password out does not take the factors away within this time: both
together are the whole account."""


class ChangeWaits(StateConflict):
    """Another change of this account waits for its second person."""

    code = "staff.change_waits"
    title = gettext_lazy("Un autre changement attend déjà")


class BothWaysIn(NotAllowed):
    """One colleague does not renew both the password and the factors of another."""

    code = "staff.both_ways_in"
    title = gettext_lazy("Une autre personne doit le faire")

    def default_detail(self) -> str:
        return _("Vous avez déjà renouvelé l’autre accès de ce compte ce mois-ci.")


class AnotherReopens(NotAllowed):
    """Whoever closed an account does not open it again."""

    code = "staff.another_reopens"
    title = gettext_lazy("Une autre personne doit le faire")

    def default_detail(self) -> str:
        return _("Vous avez fermé ce compte : deux autres personnes le rouvrent.")


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, and the password that it made, to be shown once."""

    change: StaffChange
    password: str = ""


@transaction.atomic
def change_staff(
    *,
    person_id: UUID,
    kind: str,
    reason: str,
    actor: User | None,
    now: datetime,
    groups: Sequence[str] = (),
) -> Changed:
    """Do *kind* to a colleague's account, or propose it where two have to agree.

    *groups* are those that the account has afterwards, for ``groups`` and ``reopen``.
    *actor* None is the command line, for the day on which nobody can come in. Raises
    NotFound, NotAllowed (also about an account of one's own), InvalidInput without a
    reason or for groups that nobody can have, AnotherReopens, BothWaysIn, ChangeWaits,
    StateConflict where there is nothing to change. Locks the colleague; publishes
    StaffChanged when it is done.
    """
    person = locked(User.objects.filter(is_staff=True), person_id)
    if actor is not None:
        _check_may(actor, person)
    if not reason.strip():
        raise InvalidInput(_("Donnez un motif."))
    before = set(person.groups.values_list("name", flat=True))
    after = wanted_groups(groups) if kind in (Kind.GROUPS, Kind.REOPEN) else set()
    _check_possible(person, kind, before, after)
    if StaffChange.objects.waiting().filter(person=person).exists():
        raise ChangeWaits
    change = StaffChange(
        person=person,
        kind=Kind(kind),
        groups=sorted(after),
        reason=reason.strip()[:500],
        needs_two=actor is not None
        and change_needs_second_person(
            groups=before | after,
            is_superuser=person.is_superuser,
            gives_whole_account=_gives_whole_account(person, kind),
        ),
        proposed_by=actor,
        created_at=now,
    )
    if actor is not None:
        _check_ways_in(change, actor, now)
    change.save()
    if change.needs_two:
        _note("proposed", change, actor)
        return Changed(change)
    return _carry_out(change, person, "carry_out", actor, now)


@transaction.atomic
def approve_staff_change(*, change_id: UUID, actor: User, now: datetime) -> Changed:
    """Agree, as the second person: the change happens now.

    Raises NotFound, NotAllowed (also to whoever proposed it), AnotherReopens,
    BothWaysIn, TransitionRefused, StateConflict where there is nothing to change any
    more. Locks the colleague, then the change; publishes StaffChanged.
    """
    person, change = _held(change_id, actor)
    if is_same_human(actor.pk, change.proposed_by_id):
        raise NotAllowed(_("Une autre personne doit décider."))
    before = set(person.groups.values_list("name", flat=True))
    _check_possible(person, change.kind, before, set(change.groups))
    _check_ways_in(change, actor, now)
    return _carry_out(change, person, "approve", actor, now)


@transaction.atomic
def refuse_staff_change(
    *, change_id: UUID, reason: str, actor: User, now: datetime
) -> StaffChange:
    """Give a proposed change up: withdrawn by who proposed it, refused by another.

    Raises NotFound, NotAllowed, InvalidInput without a reason, TransitionRefused. Locks
    the colleague, then the change.
    """
    _person, change = _held(change_id, actor)
    if not reason.strip():
        raise InvalidInput(_("Donnez un motif."))
    is_mine = is_same_human(actor.pk, change.proposed_by_id)
    action = "withdraw" if is_mine else "refuse"
    _move(change, action, actor, now, reason.strip()[:500])
    return change


def _check_may(actor: User, person: User) -> None:
    if not may_change_staff(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(actor.pk, person.pk),
    ):
        raise NotAllowed(_("Un collègue responsable doit le faire."))


def _check_possible(person: User, kind: str, before: set[str], after: set[str]) -> None:
    """Refuse what would change nothing, and anything but reopening a closed account."""
    if person.is_active is (kind == Kind.REOPEN):
        raise StateConflict
    if kind == Kind.GROUPS and before == after:
        raise StateConflict
    factors = Authenticator.objects.filter(user=person)
    if kind == Kind.FACTORS and not factors.exists():
        raise StateConflict


def _gives_whole_account(person: User, kind: str) -> bool:
    """Say whether the password that *kind* makes opens *person*'s account by itself."""
    if kind == Kind.PASSWORD:
        return not is_enrolled(person.pk)
    return kind == Kind.REOPEN


def _check_ways_in(change: StaffChange, actor: User, now: datetime) -> None:
    done = StaffChange.objects.filter(
        person=change.person, status=StaffChange.Status.DONE
    )
    if change.kind == Kind.REOPEN:
        end = done.filter(kind=Kind.CLOSE).order_by("-decided_at", "-id").first()
        if end and is_same_human(actor.pk, end.proposed_by_id, end.decided_by_id):
            raise AnotherReopens
    other = done.filter(
        kind__in=APART_FROM.get(Kind(change.kind), ()),
        decided_at__gt=now - APART_FOR,
    )
    if is_same_human(actor.pk, *other.values_list("decided_by_id", flat=True)):
        raise BothWaysIn


def _held(change_id: UUID, actor: User) -> tuple[User, StaffChange]:
    people = StaffChange.objects.filter(pk=change_id).values_list("person_id")
    person_id = people.first()
    if person_id is None:
        raise NotFound
    person = locked(User.objects.filter(is_staff=True), person_id[0])
    _check_may(actor, person)
    return person, locked(StaffChange.objects.all(), change_id)


def _carry_out(
    change: StaffChange, person: User, action: str, actor: User | None, now: datetime
) -> Changed:
    _move(change, action, actor, now, change.reason)
    password = _take_effect(change, person)
    append(
        StaffChanged(person_id=person.pk, change_id=change.pk, measure=str(change.kind))
    )
    return Changed(change, password)


def _take_effect(change: StaffChange, person: User) -> str:
    """Change the account; return the password that was made, if one was."""
    if change.kind in (Kind.GROUPS, Kind.REOPEN):
        person.groups.set(Group.objects.filter(name__in=change.groups))
        person.user_permissions.clear()
    if change.kind == Kind.CLOSE:
        _close(person)
    if change.kind == Kind.FACTORS:
        # A session that one of them opened looks for it within a minute, and ends.
        Authenticator.objects.filter(user=person).delete()
    if change.kind not in (Kind.PASSWORD, Kind.REOPEN):
        return ""
    password = new_password()
    person.set_password(password)  # ends the open sessions
    person.is_active = True
    person.save(update_fields={"password", "is_active"})
    return password


def _close(person: User) -> None:
    """Leave an account that opens nothing: its row stays for what names its id."""
    person.groups.clear()
    person.user_permissions.clear()
    Authenticator.objects.filter(user=person).delete()
    person.is_active = person.is_superuser = False
    person.set_unusable_password()
    person.save(update_fields={"is_active", "is_superuser", "password"})
    held = Case.objects.open().filter(claimed_by=person)
    for case in held.select_for_update(no_key=True):
        case.claimed_by = case.claimed_at = None
        case.save(update_fields={"claimed_by", "claimed_at"})


def _move(
    change: StaffChange, action: str, actor: User | None, now: datetime, reason: str
) -> None:
    change.decided_by, change.decided_at = actor, now
    STAFF_CHANGE_STATES.apply(
        change,
        action,
        who="staff",
        actor_id=actor.pk if actor else None,
        now=now,
        reason=reason,
        update_fields=("decided_by", "decided_at"),
    )
    _note(str(change.status), change, actor, reason)


def _note(deed: str, change: StaffChange, actor: User | None, reason: str = "") -> None:
    record(
        f"staff.{change.kind}_{deed}",
        subject=f"user:{change.person_id}",
        actor_id=actor.pk if actor else None,
        reason=reason or change.reason,
        details={"change_id": str(change.pk), "groups": change.groups},
    )
