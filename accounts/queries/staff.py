"""The staff as humans: one may have a private account, and two in the staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, StaffLink

_CONFIRMED = StaffLink.Status.CONFIRMED


def humans_of(user_id: UUID, *, only_confirmed: bool = False) -> frozenset[UUID]:
    """Return *user_id* and every other account of the same human, as staff declared.

    What two people said leads from account to account: two of the staff that name one
    private account are one human. What one person said counts between a member of staff
    and a private account, and makes no two of the staff one human: a lead alone could
    declare all the others one. *only_confirmed* leaves it out. One query for who
    declared nothing, one more for each step.
    """
    rows = _links_around(user_id)
    sure = [(row.staff_id, row.person_id) for row in rows if row.status == _CONFIRMED]
    said = [
        (row.staff_id, row.person_id)
        for row in rows
        if row.status != _CONFIRMED and not row.person.is_staff and not only_confirmed
    ]
    found = {user_id} | {staff for staff, person in said if person == user_id}
    known: set[UUID] = set()
    while found:
        known |= found
        touched = (pair for pair in sure if not known.isdisjoint(pair))
        found = {item for pair in touched for item in pair} - known
    return frozenset(known | {person for staff, person in said if staff in known})


def _links_around(user_id: UUID) -> list[Any]:
    """Return the links that stand, confirmed or not, that *user_id* is reached by."""
    known = {user_id}
    found = {user_id}
    links: dict[UUID, Any] = {}
    while found:
        rows = StaffLink.objects.living().filter(
            Q(staff__in=found) | Q(person__in=found), person__isnull=False
        )
        links |= {row.pk: row for row in rows.select_related("person")}
        ids = {item for row in links.values() for item in (row.staff_id, row.person_id)}
        found = ids - known
        known |= found
    return list(links.values())


def is_same_human(
    user_id: UUID, *others: UUID | None, only_confirmed: bool = False
) -> bool:
    """Say whether one of the accounts *others* is *user_id*'s or the same human's."""
    ids = {item for item in others if item is not None}
    if user_id in ids:
        return True
    return bool(ids) and not ids.isdisjoint(
        humans_of(user_id, only_confirmed=only_confirmed)
    )


def was_ever_of_agency(user_id: UUID, agency_id: UUID) -> bool:
    """Say whether the human behind *user_id* is, or was, a member of the agency."""
    members = Membership.objects.filter(agency_id=agency_id)
    return members.filter(user_id__in=humans_of(user_id)).exists()
