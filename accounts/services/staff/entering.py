"""Members of staff: who comes in for the first time, and who breaks the glass."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import GlassBroken
from accounts.models import RoleGrant, User
from accounts.services.staff.groups import STAFF_GROUPS
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import AlreadyExists, InvalidInput, NotAllowed
from lokahome.core.events.outbox import append

BROKEN_GLASS = timedelta(hours=1)
SHORTEST_REASON = 15
"""Characters. “test” and “urgence” tell nobody anything a year later."""
APART = ({"finance_maker", "finance_checker"},)
"""Who enters what goes out does not approve it."""


@transaction.atomic
def add_staff(
    *, username: str, full_name: str, groups: Sequence[str]
) -> tuple[User, str]:
    """Make a member of staff in *groups*; return them and a first password.

    The password is made here and shown once: nobody chooses it for somebody else.
    Raises InvalidInput for an unknown group or a pair that is kept apart, and
    AlreadyExists for a handle that is taken.
    """
    wanted = set(groups)
    if not wanted or not wanted <= set(STAFF_GROUPS):
        raise InvalidInput(_("Groupes possibles : %s.") % ", ".join(STAFF_GROUPS))
    for pair in APART:
        if pair <= wanted:
            text = _("Ces groupes ne vont pas ensemble : %s.")
            raise InvalidInput(text % ", ".join(sorted(pair)))
    if User.objects.filter(username__iexact=username).exists():
        raise AlreadyExists
    password = secrets.token_urlsafe(15)
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
    return person, password


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
