"""Categories, and the providers who do them. A provider's base is nobody else's."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Polygon
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import PointField
from marketplace.models import ProviderProfile, ServiceCategory
from marketplace.services.providers import MOST_CORNERS, MOST_SKILLS, RADIUS_METRES

LEAST_RADIUS, MOST_RADIUS = RADIUS_METRES


class CategorySerializer(serializers.ModelSerializer[ServiceCategory]):
    """A trade, or something asked of it."""

    id = serializers.UUIDField(read_only=True, help_text="The category.")
    slug = serializers.CharField(max_length=40, help_text="By which it is chosen.")
    parent_slug = serializers.SerializerMethodField(
        help_text="The trade it belongs to; empty for a trade."
    )
    name = serializers.SerializerMethodField(help_text="In the reader's language.")
    price_unit = serializers.ChoiceField(
        choices=ServiceCategory.PriceUnit.choices, help_text="How it usually counts."
    )

    class Meta:
        model = ServiceCategory
        fields = ("id", "slug", "parent_slug", "name", "price_unit")

    @extend_schema_field(serializers.CharField(max_length=40))
    def get_parent_slug(self, row: ServiceCategory) -> str:
        """Return the slug of the trade above."""
        return row.parent.slug if row.parent else ""

    @extend_schema_field(serializers.CharField(max_length=80))
    def get_name(self, row: ServiceCategory) -> str:
        """Return the name."""
        return row.name_in(get_language() or "fr")


class CategoryNameSerializer(CategorySerializer):
    """A category, named."""

    class Meta:
        model = ServiceCategory
        fields = ("slug", "name")


@extend_schema_field(
    {
        "type": "array",
        "minItems": 3,
        "maxItems": MOST_CORNERS - 1,
        "description": "Corners in order, WGS 84; the first is not repeated.",
        "items": {
            "type": "object",
            "required": ["lat", "lng"],
            "properties": {
                "lat": {"type": "number", "minimum": -90, "maximum": 90},
                "lng": {"type": "number", "minimum": -180, "maximum": 180},
            },
        },
    }
)
class AreaField(serializers.Field[Polygon, Any, list[Any], Any]):
    """A drawn area: its corners in order, without the first again at the end."""

    def to_internal_value(self, data: Any) -> Polygon:
        """Return the Polygon (WGS 84); raises ValidationError."""
        # One corner of the limit is the first again, which closes the ring.
        if not isinstance(data, list) or not 3 <= len(data) < MOST_CORNERS:
            raise serializers.ValidationError(
                _("Une liste de 3 à 199 points {lat, lng} est attendue."), code="area"
            )
        point = PointField()
        corners = [(at.x, at.y) for at in map(point.to_internal_value, data)]
        return Polygon([*corners, corners[0]], srid=4326)

    def to_representation(self, value: Polygon) -> list[Any]:
        """Return the corners."""
        ring: Any = value.shell.coords
        return [{"lat": round(lat, 6), "lng": round(lng, 6)} for lng, lat in ring[:-1]]


class ProviderPatchSerializer(serializers.Serializer[Any]):
    """What a provider may change of the profile."""

    display_name = serializers.CharField(
        max_length=80, required=False, help_text="Shown to everybody."
    )
    about = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="In one's words."
    )
    categories = serializers.ListField(
        child=serializers.CharField(max_length=40),
        min_length=1,
        max_length=MOST_SKILLS,
        required=False,
        source="category_slugs",
        help_text="Slugs from `GET /service-categories`.",
    )
    base_point = PointField(
        required=False, help_text="Where one sets out from; nobody else reads it."
    )
    radius_m = serializers.IntegerField(
        min_value=LEAST_RADIUS,
        max_value=MOST_RADIUS,
        required=False,
        help_text="Metres around the base.",
    )
    area = AreaField(
        required=False,
        allow_null=True,
        help_text="Corners of a drawn area, which replaces the circle; or null.",
    )
    is_available = serializers.BooleanField(
        required=False, help_text="Whether one takes work now."
    )


class ProviderInputSerializer(ProviderPatchSerializer):
    """A profile to quote under; a person has one."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Require what a profile cannot be without."""
        fields = super().get_fields()
        for name in ("display_name", "categories", "base_point", "radius_m"):
            fields[name].required = True
        return fields


class ProviderNameSerializer(serializers.ModelSerializer[ProviderProfile]):
    """A provider, named."""

    id = serializers.UUIDField(read_only=True, help_text="The profile.")
    person_id = serializers.UUIDField(read_only=True, help_text="The person.")
    display_name = serializers.CharField(max_length=80, help_text="Their name.")
    jobs_done = serializers.IntegerField(
        min_value=0, max_value=1_000_000, help_text="Jobs closed here."
    )
    rating_count = serializers.IntegerField(
        min_value=0, max_value=1_000_000, help_text="How many rated."
    )
    rating_tenths = serializers.SerializerMethodField(
        help_text="Mean rating in tenths, 10 to 50; 0 when nobody rated."
    )

    class Meta:
        model = ProviderProfile
        fields: tuple[str, ...] = (
            "id",
            "person_id",
            "display_name",
            "jobs_done",
            "rating_count",
            "rating_tenths",
        )

    @extend_schema_field(serializers.IntegerField(min_value=0, max_value=50))
    def get_rating_tenths(self, row: ProviderProfile) -> int:
        """Return the mean, rounded half up without leaving the integers."""
        if not row.rating_count:
            return 0
        return (row.rating_sum * 20 + row.rating_count) // (row.rating_count * 2)


class ProviderSerializer(ProviderNameSerializer):
    """A provider as everybody sees them; the base and the area are their own."""

    about = serializers.CharField(max_length=1000, help_text="In their words.")
    categories = CategoryNameSerializer(many=True, help_text="What they do.")
    point = PointField(source="public_point", help_text="Near where they set out from.")
    radius_m = serializers.IntegerField(
        min_value=LEAST_RADIUS, max_value=MOST_RADIUS, help_text="How far they come."
    )
    base_point = serializers.SerializerMethodField(
        help_text="The exact base; null for everybody else."
    )
    area = serializers.SerializerMethodField(
        help_text="One's drawn area; null for everybody else."
    )
    is_available = serializers.BooleanField(help_text="Whether they take work now.")
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta(ProviderNameSerializer.Meta):
        fields = (
            *ProviderNameSerializer.Meta.fields,
            "about",
            "categories",
            "point",
            "radius_m",
            "base_point",
            "area",
            "is_available",
            "allowed_actions",
            "created_at",
            "updated_at",
        )

    def _own(self, row: ProviderProfile) -> bool:
        return bool(self.context["request"].user.pk == row.person_id)

    @extend_schema_field(PointField(allow_null=True))
    def get_base_point(self, row: ProviderProfile) -> dict[str, float] | None:
        """Return the base to its owner."""
        own = self._own(row)
        return PointField().to_representation(row.base_point) if own else None

    @extend_schema_field(AreaField(allow_null=True))
    def get_area(self, row: ProviderProfile) -> list[Any] | None:
        """Return the drawn area to its owner."""
        drawn = row.area if self._own(row) else None
        return AreaField().to_representation(drawn) if drawn else None

    def get_allowed_actions(self, row: ProviderProfile) -> list[str]:
        """Return what the reader may do."""
        return ["edit"] if self._own(row) else []
