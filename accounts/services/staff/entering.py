"""Members of staff: who comes in for the first time, and who breaks the glass."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import GlassBroken, PasswordChanged, StaffEntryStopped
from accounts.models import RoleGrant, User
from accounts.policies.staff import kept_apart
from accounts.services.staff.groups import STAFF_GROUPS
from accounts.services.staff.links import declare_link
from lokahome.core.audit.models import AuditEvent
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import AlreadyExists, InvalidInput, NotAllowed
from lokahome.core.events.outbox import append

BROKEN_GLASS = timedelta(hours=1)
MOST_REFUSALS = 20
"""Second proofs refused since the last entry; then the password is somebody else's."""
SHORTEST_REASON = 15
"""Characters. “test” and “urgence” tell nobody anything a year later."""


@transaction.atomic
def add_staff(
    *,
    username: str,
    full_name: str,
    groups: Sequence[str],
    person_id: UUID | None,
    now: datetime,
) -> tuple[User, str]:
    """Make a member of staff in *groups*; return them and a first password.

    *person_id* is the account they have as a private person, None when they say that
    they have none: somebody who leads the staff checks it. The password is made here
    and shown once: nobody chooses it for somebody else. Raises InvalidInput for an
    unknown group or a pair that is kept apart, NotFound for no such account, and
    AlreadyExists for a handle that is taken.
    """
    wanted = wanted_groups(groups)
    if User.objects.filter(username__iexact=username).exists():
        raise AlreadyExists
    password = new_password()
    person = User.objects.create_staff(
        username=username, password=password, full_name=full_name
    )
    RoleGrant(user=person, role=RoleGrant.Role.ADMIN).save()
    person.groups.set(Group.objects.filter(name__in=wanted))
    record(
        "staff.added",
        subject=f"user:{person.pk}",
        actor_id=None,
        details={"groups": sorted(wanted)},
    )
    declare_link(staff_id=person.pk, person_id=person_id, actor=None, now=now)
    return person, password


def new_password() -> str:
    """Return a password of 20 characters, to be shown once."""
    return secrets.token_urlsafe(15)


def wanted_groups(names: Sequence[str]) -> set[str]:
    """Return *names* as a set; raises InvalidInput for a set that nobody can have."""
    wanted = set(names)
    if not wanted or not wanted <= set(STAFF_GROUPS):
        raise InvalidInput(_("Groupes possibles : %s.") % ", ".join(STAFF_GROUPS))
    if apart := kept_apart(wanted):
        text = _("Ces groupes ne vont pas ensemble : %s.")
        raise InvalidInput(text % ", ".join(sorted(apart)))
    return wanted


@transaction.atomic
def refuse_entry(*, person_id: UUID, now: datetime) -> bool:
    """Note a right password with a wrong second proof; say whether that was too often.

    The password opens nothing any more then: somebody knows it who has no factor, and
    would go on trying. A lead hands out another one. Locks the person; publishes
    StaffEntryStopped, to them and to whoever is in charge.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    subject = f"user:{person.pk}"
    record("staff.entry_refused", subject=subject, actor_id=person.pk)
    mine = AuditEvent.objects.filter(subject=subject)
    entered = mine.filter(action="staff.entered").order_by("-id")
    since = entered.values_list("id", flat=True).first()
    refused = mine.filter(action="staff.entry_refused", id__gt=since or UUID(int=0))
    if refused.count() < MOST_REFUSALS or not person.has_usable_password():
        return False
    person.set_unusable_password()
    person.save(update_fields={"password"})
    deed = record("staff.entry_stopped", subject=subject, actor_id=None)
    append(StaffEntryStopped(person_id=person.pk, deed_id=deed.pk))
    return True


@transaction.atomic
def change_own_password(*, person_id: UUID, old: str, new: str, now: datetime) -> User:
    """Give a member of staff the password they chose; return them as they are now.

    *new* is valid already. Every session but those told of the new hash ends. Raises
    NotAllowed for a wrong *old* one. Locks the person; publishes PasswordChanged.
    """
    person = locked(User.objects.filter(is_active=True, is_staff=True), person_id)
    if not person.check_password(old):
        raise NotAllowed(_("Ce n’est pas votre mot de passe actuel."))
    person.set_password(new)
    person.save(update_fields={"password"})
    record("staff.password_changed", subject=f"user:{person.pk}", actor_id=person.pk)
    append(PasswordChanged(person_id=person.pk, since=now))
    return person


@transaction.atomic
def break_glass(*, person_id: UUID, reason: str, now: datetime) -> datetime:
    """Let a superuser in for *reason*; return until when.

    Writes the deed and tells whoever is in charge (GlassBroken). Raises NotAllowed for
    anybody else, InvalidInput for a reason that says nothing. Locks the person.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    if not person.is_superuser:
        raise NotAllowed
    words = " ".join(reason.split())
    if len(words) < SHORTEST_REASON:
        raise InvalidInput(
            _("Dites en une phrase ce qui s’est passé et ce que vous allez faire.")
        )
    deed = record(
        "staff.glass_broken",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        reason=words,
    )
    append(GlassBroken(person_id=person.pk, deed_id=deed.pk))
    return now + BROKEN_GLASS
