"""What a person changes about themselves."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import RoleGrant, User
from accounts.policies.levels import level_for
from accounts.policies.people import may_take_role
from accounts.services.identity.levels import proofs_of
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, StaleVersion


class RoleNotOpen(NotAllowed):
    """This hat is given by the staff, nobody puts it on alone."""

    code = "role.not_open"

    def default_detail(self) -> str:
        return _("Ce rôle est attribué par l’équipe.")


@transaction.atomic
def update_profile(
    *,
    person_id: UUID,
    full_name: str | None = None,
    language: str | None = None,
    version: int | None = None,
) -> User:
    """Change what is not None, and return the person.

    *version* is the one that was read: raises StaleVersion when it is past. Locks the
    person.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    if version is not None and version != person.version:
        raise StaleVersion
    changed = set()
    if full_name is not None and full_name != person.full_name:
        person.full_name = full_name
        changed.add("full_name")
    if language is not None and language != person.language:
        person.language = User.Language(language)
        changed.add("language")
    if changed:
        person.save(update_fields=changed)
        record(
            "person.profile_changed",
            subject=f"user:{person.pk}",
            actor_id=person.pk,
            details={"fields": sorted(changed)},
        )
    return person


@transaction.atomic
def take_role(*, user: User, role: str) -> tuple[RoleGrant, bool]:
    """Put the hat *role* on *user*; return it and whether it is new.

    A new hat begins at the level that the person's documents prove; one that is worn
    already stays at its level. Raises RoleNotOpen. Locks the person.
    """
    person = locked(User.objects.all(), user.pk)
    if not may_take_role(role=role, is_active=person.is_active):
        raise RoleNotOpen
    grant = RoleGrant.objects.filter(user=person, role=role).first()
    if grant is not None:
        return grant, False
    level = level_for(role=role, proofs=proofs_of(person.pk, role=role))
    grant = RoleGrant(user=person, role=role, level=level)
    grant.save()
    record(
        "person.role_taken",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"role": role},
    )
    return grant, True
