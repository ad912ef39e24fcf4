"""Reads below messaging, made when a message leaves: nothing is copied before."""

from __future__ import annotations

from uuid import UUID

from lokahome.core.audit.models import StateChange
from lokahome.core.money import Money, format_money
from payments.models import Charge
from properties.models import Lease, Listing


def listing_title(listing_id: UUID) -> str:
    """Return the listing's title, or an empty string."""
    titles = Listing.objects.filter(pk=listing_id).values_list("title", flat=True)
    return titles.first() or ""


def lease_title(lease_id: UUID) -> str:
    """Return how people know the lease: by its listing's title, or an empty string."""
    titles = Lease.objects.filter(pk=lease_id).values_list("listing__title", flat=True)
    return titles.first() or ""


def charge_amount(charge_id: UUID) -> str:
    """Return the charge's amount as an SMS writes it, or an empty string."""
    charge = Charge.objects.filter(pk=charge_id).only("amount", "currency").first()
    if charge is None:
        return ""
    return format_money(Money(charge.amount, charge.currency), plain=True)


def occurrence(subject: str, target: str) -> str:
    """Return the id of the last time that *subject* came to the state *target*.

    A listing may be published more than once: its id alone would not tell the facts
    apart, and the second would never be told.
    """
    steps = StateChange.objects.filter(subject=subject, target=target)
    last = steps.order_by("-id").values_list("id", flat=True).first()
    return str(last or "first")
