"""Places as people name them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from lokahome.core.api.fields import PointField
from properties.models import Division, Landmark

PRECISIONS = ("exact", *Division.Level.values, "unknown")


class FoundPlaceSerializer(serializers.Serializer[Any]):
    """A place that a text may mean."""

    kind = serializers.ChoiceField(
        choices=("division", "locality", "landmark"),
        help_text="A division or landmark may be the address of a property.",
    )
    id = serializers.UUIDField(help_text="Its id, for `division_id`, `landmark_id`.")
    name = serializers.CharField(max_length=160, help_text="As people write it.")
    context = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=260, help_text="What it lies in or near; may be empty."
    )
    category = serializers.CharField(
        max_length=40, help_text="Level of a division, kind of a locality or landmark."
    )
    point = PointField(allow_null=True, help_text="Where it is, when known.")
    precision = serializers.ChoiceField(
        choices=PRECISIONS,
        help_text="Whose coordinates `point` has: its own, or an ancestor's.",
    )


class PlaceListSerializer(serializers.Serializer[Any]):
    """Places found, best first."""

    data = FoundPlaceSerializer(  # type: ignore[assignment]  # DRF's own "data"
        many=True, help_text="The places."
    )
    attribution = serializers.CharField(
        max_length=200, help_text="To be shown with the places."
    )


class DivisionSerializer(serializers.ModelSerializer[Division]):
    """A division, named."""

    id = serializers.UUIDField(read_only=True, help_text="The division.")
    name = serializers.CharField(read_only=True, max_length=120, help_text="Its name.")
    level = serializers.ChoiceField(
        choices=Division.Level.choices, read_only=True, help_text="Its level."
    )

    class Meta:
        model = Division
        fields = ("id", "name", "level")


class LandmarkSerializer(serializers.ModelSerializer[Landmark]):
    """A landmark, named."""

    id = serializers.UUIDField(read_only=True, help_text="The landmark.")
    name = serializers.CharField(read_only=True, max_length=160, help_text="Its name.")
    kind = serializers.CharField(
        read_only=True, max_length=40, help_text="Its OpenStreetMap kind."
    )

    class Meta:
        model = Landmark
        fields = ("id", "name", "kind")
