"""Levels of hats: counted from accepted documents, never typed in."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.events import LevelChanged
from accounts.models import IdentityCheck, RoleGrant, User
from accounts.policies.levels import level_for
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append


def proofs_of(person_id: UUID, *, role: str) -> set[str]:
    """Return the kinds of the person's accepted documents that count for *role*."""
    accepted = IdentityCheck.objects.accepted().filter(person_id=person_id)
    kinds = accepted.filter(Q(role="") | Q(role=role))
    return set(kinds.values_list("document_kind", flat=True))


def levels_resting_on(check: IdentityCheck) -> list[int]:
    """Return the levels of the hats of its person that would fall without *check*."""
    falling = []
    for grant in RoleGrant.objects.filter(user_id=check.person_id):
        accepted = IdentityCheck.objects.accepted().filter(person_id=check.person_id)
        others = accepted.filter(Q(role="") | Q(role=grant.role)).exclude(pk=check.pk)
        proofs = set(others.values_list("document_kind", flat=True))
        if level_for(role=grant.role, proofs=proofs) < grant.level:
            falling.append(grant.level)
    return falling


@transaction.atomic
def recompute_levels(
    *, person_id: UUID, actor_id: UUID | None = None
) -> list[RoleGrant]:
    """Give each hat of a person the level that its documents prove; return the changed.

    *actor_id* is who decided about the document, None for the system. Locks the person;
    publishes LevelChanged and writes the audit log for each hat that changed.
    """
    locked(User.objects.all(), person_id)
    changed = []
    for grant in RoleGrant.objects.filter(user_id=person_id).order_by("role"):
        proofs = proofs_of(person_id, role=grant.role)
        level = level_for(role=grant.role, proofs=proofs)
        if level == grant.level:
            continue
        before, grant.level = grant.level, level
        grant.save(update_fields={"level"})
        record(
            "person.level_changed",
            subject=f"user:{person_id}",
            actor_id=actor_id,
            details={"role": grant.role, "from": before, "to": level},
        )
        append(
            LevelChanged(
                person_id=person_id, role=grant.role, previous=before, level=level
            )
        )
        changed.append(grant)
    return changed
