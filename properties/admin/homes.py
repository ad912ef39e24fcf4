"""Biens et logements: what owners registered, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_text
from lokahome.core.admin.revealing import RevealingPage, is_revealed
from properties.admin.addresses import address_reveal, coordinates
from properties.models import Property, Unit


@admin.register(Property)
class PropertyAdmin(RevealingPage, LokaModelAdmin):
    """Properties; quartier and landmark are public, the way from there is masked."""

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
        "shown_path",
        "shown_street",
        "shown_door",
        "shown_pin",
        "pin_accuracy_metres",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields

    decisions = (
        address_reveal(
            "properties.moderate_listing", whose=lambda row: row.landlord_id
        ),
    )

    @display(description=_("Chemin"))
    def shown_path(self, row: Property) -> str:
        """Return how to walk there, to who said why."""
        return row.path_text if is_revealed(row) else masked_text(row.path_text)

    @display(description=_("Rue"))
    def shown_street(self, row: Property) -> str:
        """Return the street, to who said why."""
        return row.street if is_revealed(row) else masked_text(row.street)

    @display(description=_("Numéro de porte"))
    def shown_door(self, row: Property) -> str:
        """Return the number of the door, to who said why."""
        return row.door_number if is_revealed(row) else masked_text(row.door_number)

    @display(description=_("Point exact"))
    def shown_pin(self, row: Property) -> str:
        """Return the exact point, to who said why."""
        point = coordinates(row.pin)
        return point if is_revealed(row) else masked_text(point)


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
