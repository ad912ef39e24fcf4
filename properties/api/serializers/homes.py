"""Properties and units, as their owner and whom the owner accepted see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import PointField
from properties.api.serializers.places import DivisionSerializer, LandmarkSerializer
from properties.models import Property, Unit
from properties.policies import may_offer_homes
from properties.services.outline import pin_warnings


class WarningSerializer(serializers.Serializer[Any]):
    """Something to check; nothing was refused."""

    code = serializers.CharField(max_length=60, help_text="Stable code.")
    detail = serializers.CharField(max_length=300, help_text="What to tell the reader.")
    pointer = serializers.CharField(max_length=100, help_text="The member meant.")


class PropertyInputSerializer(serializers.Serializer[Any]):
    """A place with homes in it."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=80, help_text="The owner's name for it."
    )
    kind = serializers.ChoiceField(
        choices=Property.Kind.choices, required=False, help_text="What stands there."
    )
    division_id = serializers.UUIDField(help_text="From `GET /places`.")
    landmark_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="From `GET /places`."
    )
    landmark_relation = serializers.ChoiceField(
        choices=Property.Relation.choices,
        required=False,
        help_text="Where it is, seen from the landmark.",
    )
    path_text = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="How to walk there; shown to accepted people only.",
    )
    street = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Official street."
    )
    door_number = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="Official number."
    )
    pin = PointField(help_text="The exact point; shown to accepted people only.")
    pin_accuracy_metres = serializers.IntegerField(
        min_value=1, max_value=5000, required=False, help_text="Radius of doubt."
    )


class PropertySerializer(serializers.ModelSerializer[Property]):
    """A property with its exact address."""

    id = serializers.UUIDField(read_only=True, help_text="The property.")
    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # DRF's
        help_text="The owner's name for it; empty for others."
    )
    kind = serializers.ChoiceField(
        choices=Property.Kind.choices, help_text="What stands there."
    )
    division = DivisionSerializer(help_text="Quartier or village.")
    landmark = LandmarkSerializer(allow_null=True, help_text="What it is near to.")
    landmark_relation = serializers.ChoiceField(
        choices=Property.Relation.choices, help_text="Seen from the landmark."
    )
    path_text = serializers.CharField(max_length=500, help_text="How to walk there.")
    street = serializers.CharField(max_length=80, help_text="Official street.")
    door_number = serializers.CharField(max_length=20, help_text="Official number.")
    pin = PointField(help_text="The exact point.")
    pin_accuracy_metres = serializers.IntegerField(
        min_value=1, max_value=5000, help_text="Radius of doubt."
    )
    warnings = serializers.SerializerMethodField(help_text="What to check.")
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Property
        fields = (
            "id",
            "label",
            "kind",
            "division",
            "landmark",
            "landmark_relation",
            "path_text",
            "street",
            "door_number",
            "pin",
            "pin_accuracy_metres",
            "warnings",
            "allowed_actions",
            "created_at",
            "updated_at",
        )

    def _owns(self, row: Property) -> bool:
        user = self.context["request"].user
        return may_offer_homes(user) and bool(user.pk == row.landlord_id)

    def get_label(self, row: Property) -> str:
        """Return the label to the owner only."""
        return row.label if self._owns(row) else ""

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, row: Property) -> list[dict[str, Any]]:
        """Return what to check about the address."""
        found = pin_warnings(row.pin, row.division) if self._owns(row) else []
        return [dict(item) for item in WarningSerializer(found, many=True).data]

    def get_allowed_actions(self, row: Property) -> list[str]:
        """Return the owner's actions."""
        return ["edit", "add_unit"] if self._owns(row) else []


class UnitInputSerializer(serializers.Serializer[Any]):
    """A home that is let as one."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    property_id = serializers.UUIDField(help_text="The owner's property.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=80, help_text="Such as « Porte 2 »."
    )
    kind = serializers.ChoiceField(choices=Unit.Kind.choices, help_text="Its kind.")
    bedrooms = serializers.IntegerField(
        min_value=0, max_value=20, required=False, help_text="Bedrooms."
    )
    sanitary = serializers.ChoiceField(
        choices=Unit.Sanitary.choices, help_text="Where shower and toilet are."
    )
    is_furnished = serializers.BooleanField(required=False, help_text="Furnished.")
    has_own_entrance = serializers.BooleanField(
        required=False, help_text="Entered without crossing the common yard."
    )
    surface_m2 = serializers.IntegerField(
        min_value=1,
        max_value=10_000,
        required=False,
        allow_null=True,
        help_text="Surface in square metres.",
    )
    water = serializers.ChoiceField(
        choices=Unit.Water.choices, required=False, help_text="Source of water."
    )
    power = serializers.ChoiceField(
        choices=Unit.Power.choices, required=False, help_text="Source of power."
    )


class UnitPatchSerializer(UnitInputSerializer):
    """Facts of a unit that may change; it never moves to another property."""

    id = None  # type: ignore[assignment]  # DRF's way to drop a field
    property_id = None  # type: ignore[assignment]  # DRF's way to drop a field


class PropertyPatchSerializer(PropertyInputSerializer):
    """Facts of a property that may change."""

    id = None  # type: ignore[assignment]  # DRF's way to drop a field


class UnitSerializer(serializers.ModelSerializer[Unit]):
    """A unit."""

    id = serializers.UUIDField(read_only=True, help_text="The unit.")
    property_id = serializers.UUIDField(read_only=True, help_text="Where it is.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=80, help_text="Such as « Porte 2 »."
    )
    kind = serializers.ChoiceField(choices=Unit.Kind.choices, help_text="Its kind.")
    bedrooms = serializers.IntegerField(
        min_value=0, max_value=20, help_text="Bedrooms."
    )
    sanitary = serializers.ChoiceField(
        choices=Unit.Sanitary.choices, help_text="Where shower and toilet are."
    )
    surface_m2 = serializers.IntegerField(
        min_value=1, max_value=10_000, allow_null=True, help_text="Square metres."
    )
    water = serializers.ChoiceField(
        choices=Unit.Water.choices, help_text="Source of water."
    )
    power = serializers.ChoiceField(
        choices=Unit.Power.choices, help_text="Source of power."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Unit
        fields = (
            "id",
            "property_id",
            "label",
            "kind",
            "bedrooms",
            "sanitary",
            "is_furnished",
            "has_own_entrance",
            "surface_m2",
            "water",
            "power",
            "allowed_actions",
            "created_at",
            "updated_at",
        )

    def get_allowed_actions(self, row: Unit) -> list[str]:
        """Return the owner's actions."""
        user = self.context["request"].user
        owns = may_offer_homes(user) and user.pk == row.landlord_id
        return ["edit", "list", "entrust"] if owns else []
