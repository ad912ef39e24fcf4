"""The staff as humans: one may have a private account, and two in the staff."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from accounts.models import StaffLink


def humans_of(user_id: UUID) -> frozenset[UUID]:
    """Return *user_id* and every other account of the same human, as staff declared.

    Goes from account to account: two of the staff that name one private account are
    one human. One query for who declared nothing, one more for each step.
    """
    known = {user_id}
    found = {user_id}
    while found:
        rows = StaffLink.objects.living().filter(
            Q(staff__in=found) | Q(person__in=found), person__isnull=False
        )
        pairs = rows.values_list("staff_id", "person_id")
        found = {item for pair in pairs for item in pair if item} - known
        known |= found
    return frozenset(known)


def is_same_human(user_id: UUID, *others: UUID | None) -> bool:
    """Say whether one of the accounts *others* is *user_id*'s, or the same human's."""
    return concerns(user_id, (item for item in others if item is not None))


def concerns(user_id: UUID, people: Iterable[UUID]) -> bool:
    """Say whether one of *people* is the human behind *user_id*; none are: no query."""
    ids = frozenset(people)
    return bool(ids) and (user_id in ids or not ids.isdisjoint(humans_of(user_id)))
