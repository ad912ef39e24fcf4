"""Whom a listing, an application, a lease or a ticket concerns: they judge no case of it."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Membership
from accounts.services.moderation.parties import NOBODY, Parties
from properties.models import Application, Lease, Listing, Ticket


def listing_parties(listing_id: UUID) -> Parties:
    """Return the owner, who wrote it, and the members of the agency that handles it."""
    row = Listing.objects.filter(pk=listing_id).first()
    if row is None:
        return NOBODY
    author = frozenset({row.landlord_id})
    if row.agency_id is None:
        return Parties(author)
    handlers = Membership.objects.filter(
        agency_id=row.agency_id, status=Membership.Status.ACTIVE
    )
    return Parties(author, frozenset(handlers.values_list("user_id", flat=True)))


def application_parties(application_id: UUID) -> Parties:
    """Return who applied, and the owner."""
    row = Application.objects.select_related("listing").filter(pk=application_id)
    found = row.first()
    if found is None:
        return NOBODY
    owner = frozenset({found.listing.landlord_id})
    return Parties(frozenset({found.tenant_id}), owner)


def lease_parties(lease_id: UUID) -> Parties:
    """Return landlord and tenant."""
    row = Lease.objects.filter(pk=lease_id).first()
    if row is None:
        return NOBODY
    return Parties(others=frozenset({row.landlord_id, row.tenant_id}))


def ticket_parties(ticket_id: UUID) -> Parties:
    """Return landlord and tenant of the lease it is about."""
    lease = Ticket.objects.filter(pk=ticket_id).values_list("lease_id", flat=True)
    lease_id = lease.first()
    return lease_parties(lease_id) if lease_id is not None else NOBODY
