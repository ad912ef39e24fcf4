"""Biens et logements: what owners registered, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from properties.models import Property, Unit


def coordinates(point: Point | None) -> str:
    """Return « 6.36140, 2.39940 », ready to paste into a map."""
    return f"{point.y:.5f}, {point.x:.5f}" if point else "—"


@admin.register(Property)
class PropertyAdmin(LokaModelAdmin):
    """Properties with their exact address: staff only."""

    timeline_deeds = {
        "property.registered": _("Bien enregistré"),
        "property.changed": _("Bien modifié"),
    }

    list_display = ("label", "kind", "division", "landmark", "landlord", "created_at")
    list_filter = ("kind",)
    list_select_related = ("division", "landmark", "landlord")
    search_fields = ("label", "division__search_name", "=landlord__id")
    ordering = ("-id",)
    fields = (
        "label",
        "kind",
        "landlord",
        "division",
        "landmark",
        "landmark_relation",
        "path_text",
        "street",
        "door_number",
        "shown_pin",
        "pin_accuracy_metres",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields

    @display(description=_("Point exact"))
    def shown_pin(self, row: Property) -> str:
        """Return the exact point."""
        return coordinates(row.pin)


@admin.register(Unit)
class UnitAdmin(LokaModelAdmin):
    """Units."""

    timeline_deeds = {
        "unit.added": _("Logement ajouté"),
        "unit.changed": _("Logement modifié"),
    }

    list_display = ("label", "kind", "bedrooms", "sanitary", "property", "landlord")
    list_filter = ("kind", "sanitary", "is_furnished")
    list_select_related = ("property", "landlord")
    search_fields = ("label", "=landlord__id")
    ordering = ("-id",)
