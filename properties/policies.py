"""Who may, what can: pure predicates over rows that are already loaded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from accounts.policies.agencies import may_lead_agency
from properties.models import Application, Lease, Listing, Mandate, Ticket
from properties.models.homes import may_visit

MATERIAL_RENT_CHANGE_PERCENT = 30
MANDATE_DAYS = 731
"""A mandate is limited in time: two years, then it is signed anew."""


def roles_on_listing(user: Any, listing: Listing) -> set[str]:
    """Return what *user* is to *listing*: ``owner``, ``agent`` or nothing.

    In an agency's context one is nothing to a listing of one's own.
    """
    if user.is_authenticated and user.context is not None:
        handles = listing.agency_id == user.context.agency_id
        return {"agent"} if handles and may_visit(user.context.role) else set()
    return {"owner"} if _is(user, listing.landlord_id) else set()


def roles_on_application(user: Any, application: Application) -> set[str]:
    """Return what *user* is to *application*: ``tenant``, ``landlord`` or nothing."""
    return _party(user, application.tenant_id, application.landlord_id)


def roles_on_lease(user: Any, lease: Lease) -> set[str]:
    """Return what *user* is to *lease*: ``tenant``, ``landlord`` or nothing."""
    return _party(user, lease.tenant_id, lease.landlord_id)


def roles_on_ticket(user: Any, ticket: Ticket) -> set[str]:
    """Return what *user* is to *ticket*: a party of its lease, and its ``opener``."""
    roles = _party(user, ticket.tenant_id, ticket.landlord_id)
    return roles | {"opener"} if _is(user, ticket.opened_by_id) else roles


def may_open_ticket(user: Any, lease: Lease) -> bool:
    """Whether *user* may tell that something is broken under *lease* now."""
    return bool(roles_on_lease(user, lease)) and lease.status in Lease.RUNNING_STATES


def may_contest_payer(user: Any, ticket: Ticket) -> bool:
    """Whether *user* is the tenant who is to pay, and has not contested it yet."""
    return (
        _is(user, ticket.tenant_id)
        and ticket.status == ticket.Status.DECIDED
        and ticket.payer == ticket.Payer.TENANT
        and ticket.contested_at is None
    )


def may_edit_listing(user: Any, listing: Listing) -> bool:
    """Whether *user* may change the text, price and photos of *listing* now."""
    is_near = bool(roles_on_listing(user, listing))
    return is_near and listing.status in Listing.EDITABLE_STATES


def may_apply(user: Any, listing: Listing) -> bool:
    """Whether *user* may apply for *listing* now."""
    return (
        bool(user.is_authenticated)
        and user.context is None
        and listing.status == Listing.Status.PUBLISHED
        and not _is(user, listing.landlord_id)
    )


def may_offer_homes(user: Any) -> bool:
    """Whether *user* asks in their own name: agencies own no home."""
    return bool(user.is_authenticated) and user.context is None


def roles_on_mandate(user: Any, mandate: Mandate) -> set[str]:
    """Return what *user* is to *mandate*: ``landlord``, ``agency`` or nothing.

    ``agency`` are those who answer for it: its owners and managers, in its context.
    """
    if not user.is_authenticated:
        return set()
    if user.context is None:
        return {"landlord"} if _is(user, mandate.landlord_id) else set()
    is_theirs = mandate.agency_id == user.context.agency_id
    return (
        {"agency"} if is_theirs and may_lead_agency(role=user.context.role) else set()
    )


def may_handle(*, agency_role: str) -> bool:
    """Whether a member of an agency may answer for its listings."""
    return may_visit(agency_role)


DECIDE_MANDATES = "properties.decide_mandate"


def may_decide_mandate(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Whether somebody may look at a mandate's proof, and end it."""
    return is_active and is_staff and DECIDE_MANDATES in permissions and not is_own


def can_last(starts_on: date, expires_on: date, *, today: date) -> bool:
    """Whether a mandate may run so: not over already, and two years at most."""
    return (
        starts_on <= expires_on
        and expires_on >= today
        and (expires_on - starts_on).days <= MANDATE_DAYS
    )


def is_within_cap(fee_bps: int, *, cap_bps: int) -> bool:
    """Whether a fee (basis points of the rent) is one that the law permits."""
    return 0 <= fee_bps <= cap_bps


def is_material_rent_change(*, reviewed: int | None, proposed: int) -> bool:
    """Whether a rent differs by 30 % or more from the one that a moderator saw."""
    if reviewed is None:
        return False
    return abs(proposed - reviewed) * 100 >= reviewed * MATERIAL_RENT_CHANGE_PERCENT


def can_start_on(day: date, *, today: date) -> bool:
    """Whether a lease may start on *day*: from 31 days ago to a year ahead."""
    return -31 <= (day - today).days <= 366


def _is(user: Any, person_id: UUID) -> bool:
    return bool(user.is_authenticated) and user.context is None and user.pk == person_id


def _party(user: Any, tenant_id: UUID, landlord_id: UUID) -> set[str]:
    roles = set()
    if _is(user, tenant_id):
        roles.add("tenant")
    if _is(user, landlord_id):
        roles.add("landlord")
    return roles
