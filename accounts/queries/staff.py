"""The staff as humans: one may have a private account, and two in the staff."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, StaffLink


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
        found = {item for pair in pairs for item in pair} - known
        known |= found
    return frozenset(known)


def is_same_human(user_id: UUID, *others: UUID | None) -> bool:
    """Say whether one of the accounts *others* is *user_id*'s or the same human's."""
    ids = {item for item in others if item is not None}
    return bool(ids) and (user_id in ids or not ids.isdisjoint(humans_of(user_id)))


def was_ever_of_agency(user_id: UUID, agency_id: UUID) -> bool:
    """Say whether the human behind *user_id* is, or was, a member of the agency."""
    members = Membership.objects.filter(agency_id=agency_id)
    return members.filter(user_id__in=humans_of(user_id)).exists()
