"""What each message says: its template's values, read by id when it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from accounts.queries import person_name
from messaging.queries.facts import charge_amount, lease_title, listing_title

Ids = Mapping[str, str]
Values = dict[str, str]


def _of_listing(ids: Ids) -> Values:
    return {"title": listing_title(UUID(ids["listing_id"]))}


def _of_application(ids: Ids) -> Values:
    return {**_of_listing(ids), "name": person_name(UUID(ids["tenant_id"]))}


def _of_lease(ids: Ids) -> Values:
    return {"title": lease_title(UUID(ids["lease_id"]))}


def _of_charge(ids: Ids) -> Values:
    return {"amount": charge_amount(UUID(ids["charge_id"]))}


def _of_failed_charge(ids: Ids) -> Values:
    return {**_of_charge(ids), "failure": ids["failure_code"]}


def _of_rent(ids: Ids) -> Values:
    return {**_of_charge(ids), **_of_lease(ids)}


CONTEXTS: dict[str, Callable[[Ids], Values]] = {
    "application_accepted": _of_listing,
    "application_declined": _of_listing,
    "application_received": _of_application,
    "charge_expired": _of_charge,
    "charge_failed": _of_failed_charge,
    "lease_active": _of_lease,
    "lease_to_sign": _of_lease,
    "listing_needs_changes": _of_listing,
    "listing_published": _of_listing,
    "listing_rejected": _of_listing,
    "rent_paid_landlord": _of_rent,
    "rent_paid_payer": _of_rent,
}
"""Template -> what reads its values. A code's message has none: its code is minted."""
