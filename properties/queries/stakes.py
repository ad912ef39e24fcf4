"""What of homes makes an account worth stealing, and what there is to read in it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from properties.models import Application, Lease

LIVING = (
    Lease.Status.OUT_FOR_SIGNATURE,
    Lease.Status.ACTIVE,
    Lease.Status.NOTICE_GIVEN,
    Lease.Status.ENDED,
)
"""Somebody lives there, is about to sign, or waits for a deposit."""


def has_lease(person_id: UUID) -> bool:
    """Say whether *person_id* lets or rents a home now: a stake in their account."""
    whose = Q(tenant_id=person_id) | Q(landlord_id=person_id)
    return Lease.objects.filter(whose, status__in=LIVING).exists()


def has_ever_leased(person_id: UUID) -> bool:
    """Say whether *person_id* let or rented a home here, whatever became of it."""
    whose = Q(tenant_id=person_id) | Q(landlord_id=person_id)
    return Lease.objects.filter(whose).exists()


def has_applied(person_id: UUID) -> bool:
    """Say whether *person_id* applied for a home, or was applied to."""
    whose = Q(tenant_id=person_id) | Q(landlord_id=person_id)
    return Application.objects.filter(whose).exists()
