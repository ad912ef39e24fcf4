"""Registering and changing properties and units."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed
from lokahome.core.ids import uuid7
from properties.models import Division, Landmark, Property, Unit
from properties.services.inserting import insert
from properties.services.listing_copies import refresh_open_listing
from properties.services.outline import require_in_benin

PLACE_FIELDS = {"division", "landmark", "pin"}


class LandlordRoleRequired(NotAllowed):
    """Only a landlord offers homes: take the role first (POST /me/roles)."""

    code = "property.landlord_role_required"
    title = gettext_lazy("Prenez d’abord le rôle de propriétaire")


class UnknownPlace(InvalidInput):
    """The division or landmark does not exist."""

    code = "property.unknown_place"
    title = gettext_lazy("Ce lieu n’existe pas")


@transaction.atomic
def register_property(
    *,
    landlord: User,
    now: datetime,
    property_id: UUID | None = None,
    division_id: UUID,
    landmark_id: UUID | None = None,
    **values: Any,
) -> Property:
    """Register a place with homes in it, owned by *landlord*.

    *values* are the plain fields of Property (label, kind, pin, path_text…). Raises
    LandlordRoleRequired, UnknownPlace, PinOutsideBenin.
    """
    if not landlord.has_role("landlord"):
        raise LandlordRoleRequired
    require_in_benin(values["pin"], pointer="/pin")
    row = Property(
        id=property_id or uuid7(),
        landlord=landlord,
        division=_division(division_id),
        landmark=_landmark(landmark_id),
        **values,
    )
    insert(row)
    record("property.registered", subject=f"property:{row.pk}", actor_id=landlord.pk)
    return row


@transaction.atomic
def change_property(
    *, property_id: UUID, landlord: User, changes: dict[str, Any], now: datetime
) -> Property:
    """Change fields of a property; a new place sends its published listings to review.

    *changes* may hold ``division_id`` and ``landmark_id`` beside plain fields. Locks the
    property, then its open listings.
    """
    row = locked(Property.objects.filter(landlord=landlord), property_id)
    if "pin" in changes:
        require_in_benin(changes["pin"], pointer="/pin")
    changes = dict(changes)
    if "division_id" in changes:
        changes["division"] = _division(changes.pop("division_id"))
    if "landmark_id" in changes:
        changes["landmark"] = _landmark(changes.pop("landmark_id"))
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return row
    for name in changed:
        setattr(row, name, changes[name])
    row.save(update_fields=changed)
    record(
        "property.changed",
        subject=f"property:{row.pk}",
        actor_id=landlord.pk,
        details={"fields": sorted(changed)},
    )
    if changed & PLACE_FIELDS:
        for unit in row.units.all():
            refresh_open_listing(unit=unit, is_material=True, now=now)
    return row


@transaction.atomic
def add_unit(
    *,
    property_id: UUID,
    landlord: User,
    now: datetime,
    unit_id: UUID | None = None,
    **values: Any,
) -> Unit:
    """Add a home to *landlord*'s own property. Raises NotFound for another's."""
    parent = locked(Property.objects.filter(landlord=landlord), property_id)
    unit = Unit(id=unit_id or uuid7(), property=parent, landlord=landlord, **values)
    insert(unit)
    record("unit.added", subject=f"unit:{unit.pk}", actor_id=landlord.pk)
    return unit


@transaction.atomic
def change_unit(
    *, unit_id: UUID, landlord: User, changes: dict[str, Any], now: datetime
) -> Unit:
    """Change facts of a unit; its open listing is brought up to them."""
    unit = locked(Unit.objects.filter(landlord=landlord), unit_id)
    changed = {name for name, value in changes.items() if getattr(unit, name) != value}
    if not changed:
        return unit
    for name in changed:
        setattr(unit, name, changes[name])
    unit.save(update_fields=changed)
    record(
        "unit.changed",
        subject=f"unit:{unit.pk}",
        actor_id=landlord.pk,
        details={"fields": sorted(changed)},
    )
    refresh_open_listing(unit=unit, is_material=False, now=now)
    return unit


def _division(division_id: UUID) -> Division:
    division = Division.objects.filter(pk=division_id).first()
    if division is None:
        raise _unknown("/division_id")
    return division


def _landmark(landmark_id: UUID | None) -> Landmark | None:
    if landmark_id is None:
        return None
    landmark = Landmark.objects.filter(pk=landmark_id).first()
    if landmark is None:
        raise _unknown("/landmark_id")
    return landmark


def _unknown(pointer: str) -> UnknownPlace:
    detail = _("Ce lieu n’existe pas : cherchez-le par /places.")
    return UnknownPlace(errors=[FieldError("property.unknown_place", detail, pointer)])
