"""Who may, what can: pure predicates over rows that are already loaded."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from properties.models import Application, Lease, Listing, Ticket

MATERIAL_RENT_CHANGE_PERCENT = 30


def roles_on_listing(user: Any, listing: Listing) -> set[str]:
    """Return what *user* is to *listing*: ``owner`` or nothing."""
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
    return _is(user, listing.landlord_id) and listing.status in Listing.EDITABLE_STATES


def may_apply(user: Any, listing: Listing) -> bool:
    """Whether *user* may apply for *listing* now."""
    return (
        bool(user.is_authenticated)
        and listing.status == Listing.Status.PUBLISHED
        and not _is(user, listing.landlord_id)
    )


def is_material_rent_change(*, reviewed: int | None, proposed: int) -> bool:
    """Whether a rent differs by 30 % or more from the one that a moderator saw."""
    if reviewed is None:
        return False
    return abs(proposed - reviewed) * 100 >= reviewed * MATERIAL_RENT_CHANGE_PERCENT


def can_start_on(day: date, *, today: date) -> bool:
    """Whether a lease may start on *day*: from 31 days ago to a year ahead."""
    return -31 <= (day - today).days <= 366


def _is(user: Any, person_id: UUID) -> bool:
    return bool(user.is_authenticated) and user.pk == person_id


def _party(user: Any, tenant_id: UUID, landlord_id: UUID) -> set[str]:
    roles = set()
    if _is(user, tenant_id):
        roles.add("tenant")
    if _is(user, landlord_id):
        roles.add("landlord")
    return roles
