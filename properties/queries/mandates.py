"""Whose homes an agency works for."""

from __future__ import annotations

from uuid import UUID

from properties.models import Mandate


def landlords_of_agency(agency_id: UUID) -> list[UUID]:
    """Return the landlords whose mandates with the agency are in force today."""
    rows = Mandate.objects.in_force().filter(agency_id=agency_id)
    return list(rows.values_list("landlord_id", flat=True).distinct().order_by())
