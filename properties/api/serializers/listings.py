"""Listings: cards for lists, details for one. Nothing here knows the exact address."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField, PointField
from properties.api.serializers.places import DivisionSerializer, LandmarkSerializer
from properties.models import EntryCost, Listing, ListingPhoto, Unit
from properties.models.listings import LISTING_STATES
from properties.policies import may_apply, may_edit_listing, roles_on_listing
from properties.queries.cards import Drawn, media_url
from properties.queries.places import ATTRIBUTION
from properties.services.legal_marks import CostLine

INTERNAL_ACTIONS = {"review_again"}
"""Steps that follow from an edit; nobody asks for them by name."""


class PhotoVariantSerializer(serializers.Serializer[Any]):
    """One encoded size of a photo."""

    format = serializers.ChoiceField(choices=("webp", "jpeg"), help_text="Encoding.")
    width = serializers.IntegerField(
        min_value=1, max_value=10_000, help_text="Pixels across."
    )
    height = serializers.IntegerField(
        min_value=1, max_value=30_000, help_text="Pixels down."
    )
    bytes = serializers.IntegerField(
        min_value=1, max_value=10_000_000, help_text="Size of the file."
    )
    url = serializers.CharField(max_length=500, help_text="Absolute address.")


class PhotoSerializer(serializers.ModelSerializer[Any]):
    """A photo in all its sizes, smallest first."""

    id = serializers.UUIDField(read_only=True, help_text="The photo.")
    position = serializers.IntegerField(
        read_only=True, min_value=1, max_value=1000, help_text="Order on the page."
    )
    width = serializers.IntegerField(
        read_only=True, min_value=1, max_value=10_000, help_text="Of the largest."
    )
    height = serializers.IntegerField(
        read_only=True, min_value=1, max_value=30_000, help_text="Of the largest."
    )
    variants = serializers.SerializerMethodField(help_text="Its files.")

    class Meta:
        model = ListingPhoto
        fields: tuple[str, ...] = ("id", "position", "width", "height", "variants")

    @extend_schema_field(PhotoVariantSerializer(many=True))
    def get_variants(self, photo: Drawn) -> list[dict[str, Any]]:
        """Return the files with their addresses."""
        return [
            {
                **{k: item[k] for k in ("format", "width", "height", "bytes")},
                "url": media_url(item["key"]),
            }
            for item in photo.variants
        ]


class PhotoInputSerializer(serializers.Serializer[Any]):
    """The upload that becomes a photo."""

    upload_id = serializers.UUIDField(help_text="A whole upload of kind `photo`.")


class EntryCostInputSerializer(serializers.Serializer[Any]):
    """One line of what entering costs."""

    kind = serializers.ChoiceField(
        choices=EntryCost.Kind.choices, help_text="Its kind, once a listing."
    )
    amount = MoneyField(minimum=1, help_text="How much.")
    note = serializers.CharField(
        max_length=160, required=False, allow_blank=True, help_text="What it is for."
    )

    def to_internal_value(self, data: Any) -> CostLine:
        """Return the line."""
        values = super().to_internal_value(data)
        amount = values["amount"].amount
        return CostLine(values["kind"], amount, values.get("note", ""))


class EntryCostSerializer(serializers.ModelSerializer[EntryCost]):
    """One line of what entering costs, with its legal mark."""

    kind = serializers.ChoiceField(
        choices=EntryCost.Kind.choices, help_text="Its kind."
    )
    amount = serializers.SerializerMethodField(help_text="How much.")
    note = serializers.CharField(max_length=160, help_text="What it is for.")
    legal_mark = serializers.ChoiceField(
        choices=EntryCost.LegalMark.choices, help_text="What the law says of it."
    )
    rule_id = serializers.CharField(max_length=40, help_text="The rule that says so.")

    class Meta:
        model = EntryCost
        fields = ("kind", "amount", "note", "legal_mark", "rule_id")

    @extend_schema_field(MoneyField())
    def get_amount(self, line: EntryCost) -> dict[str, Any]:
        """Return the amount in the listing's currency."""
        return {"amount": line.amount, "currency": line.listing.currency}


class ListingInputSerializer(serializers.Serializer[Any]):
    """A publication of a unit."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    unit_id = serializers.UUIDField(help_text="The owner's unit.")
    purpose = serializers.ChoiceField(
        choices=Listing.Purpose.choices, required=False, help_text="How it is let."
    )
    rent = MoneyField(minimum=500, help_text="Rent of a month.")
    description = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, help_text="In own words."
    )
    available_on = serializers.DateField(
        required=False, allow_null=True, help_text="First day it is free."
    )
    entry_costs = serializers.ListField(
        child=EntryCostInputSerializer(),
        required=False,
        max_length=10,
        help_text="What entering costs.",
    )


class ListingPatchSerializer(ListingInputSerializer):
    """What an owner may change on a listing."""

    id = None  # type: ignore[assignment]  # DRF's way to drop a field
    unit_id = None  # type: ignore[assignment]  # DRF's way to drop a field
    purpose = None  # type: ignore[assignment]  # DRF's way to drop a field


class AgencyNameSerializer(serializers.Serializer[Any]):
    """An agency, named."""

    id = serializers.UUIDField(help_text="The agency.")
    name = serializers.CharField(max_length=120, help_text="As in its papers.")


class ListingCardSerializer(serializers.ModelSerializer[Listing]):
    """A listing in a list."""

    id = serializers.UUIDField(read_only=True, help_text="The listing.")
    slug = serializers.CharField(read_only=True, max_length=120, help_text="Its name.")
    url = serializers.SerializerMethodField(help_text="Its public page.")
    title = serializers.SerializerMethodField(
        help_text="Made of facts, in the reader's language."
    )
    purpose = serializers.ChoiceField(
        choices=Listing.Purpose.choices, help_text="How it is let."
    )
    status = serializers.ChoiceField(
        choices=Listing.Status.choices, help_text="Its state."
    )
    kind = serializers.ChoiceField(choices=Unit.Kind.choices, help_text="Its kind.")
    sanitary = serializers.ChoiceField(
        choices=Unit.Sanitary.choices, help_text="Where shower and toilet are."
    )
    bedrooms = serializers.IntegerField(
        min_value=0, max_value=20, help_text="Bedrooms."
    )
    rent = MoneyField(source="rent_money", help_text="Rent of a month.")
    entry_total = MoneyField(
        source="entry_total_money", help_text="All that is paid before entering."
    )
    division = DivisionSerializer(help_text="Quartier or village.")
    commune = DivisionSerializer(allow_null=True, help_text="Commune.")
    landmark = LandmarkSerializer(allow_null=True, help_text="What it is near to.")
    public_point = PointField(help_text="A point within some 250 m of the home.")
    distance_m = serializers.SerializerMethodField(
        help_text="Metres from `near` to the public point; null without `near`."
    )
    cover = serializers.SerializerMethodField(help_text="First photo.")
    photo_count = serializers.IntegerField(
        min_value=0, max_value=20, help_text="Number of photos."
    )

    class Meta:
        model = Listing
        fields: tuple[str, ...] = (
            "id",
            "slug",
            "url",
            "title",
            "purpose",
            "status",
            "kind",
            "sanitary",
            "bedrooms",
            "is_furnished",
            "rent",
            "entry_total",
            "division",
            "commune",
            "landmark",
            "public_point",
            "distance_m",
            "cover",
            "photo_count",
            "available_on",
            "published_at",
        )

    @extend_schema_field(serializers.CharField(max_length=160))
    def get_title(self, row: Listing) -> str:
        """Return the title."""
        return row.title_in(get_language() or "fr")

    def get_url(self, row: Listing) -> str:
        """Return the address of the public page."""
        return f"{settings.PUBLIC_URL}/l/{row.slug}"

    @extend_schema_field(
        serializers.IntegerField(allow_null=True, min_value=0, max_value=1_000_000)
    )
    def get_distance_m(self, row: Listing) -> int | None:
        """Return the distance that the search measured on the blurred point."""
        distance = getattr(row, "distance", None)
        return None if distance is None else round(distance)

    @extend_schema_field(PhotoSerializer(allow_null=True))
    def get_cover(self, row: Listing) -> dict[str, Any] | None:
        """Return the first photo."""
        covers = getattr(row, "covers", None)
        photos = list(row.photos.all()) if covers is None else covers
        # One serializer for all cards: making one costs more than running it.
        return self.cover_serializer.to_representation(photos[0]) if photos else None

    @cached_property
    def cover_serializer(self) -> PhotoSerializer:
        """The serializer of every card's cover."""
        return PhotoSerializer(context=self.context)


class ListingSerializer(ListingCardSerializer):
    """A listing with all that its reader may know."""

    description = serializers.CharField(max_length=2000, help_text="In own words.")
    unit_id = serializers.SerializerMethodField(
        help_text="The unit, for its owner and its agency; null for others."
    )
    photos = PhotoSerializer(many=True, help_text="In order.")
    entry_costs = EntryCostSerializer(many=True, help_text="What entering costs.")
    handled_by = serializers.SerializerMethodField(
        help_text="The agency that handles it, for its owner and for that agency."
    )
    review_reason = serializers.SerializerMethodField(
        help_text="What a moderator asked for or refused, for its owner."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )
    attribution = serializers.SerializerMethodField(
        help_text="To be shown with the map."
    )

    class Meta(ListingCardSerializer.Meta):
        fields = (
            *ListingCardSerializer.Meta.fields,
            "description",
            "unit_id",
            "photos",
            "entry_costs",
            "handled_by",
            "review_reason",
            "allowed_actions",
            "attribution",
            "created_at",
            "updated_at",
        )

    def _roles(self, row: Listing) -> set[str]:
        return roles_on_listing(self.context["request"].user, row)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_unit_id(self, row: Listing) -> str | None:
        """Return the unit's id to its owner."""
        return str(row.unit_id) if self._roles(row) else None

    @extend_schema_field(AgencyNameSerializer(allow_null=True))
    def get_handled_by(self, row: Listing) -> dict[str, Any] | None:
        """Return the agency to those who steer the listing, and to nobody else."""
        agency = row.agency if self._roles(row) else None
        return None if agency is None else {"id": str(agency.pk), "name": agency.name}

    def get_review_reason(self, row: Listing) -> str:
        """Return the moderator's words to the owner."""
        return row.review_reason if self._roles(row) else ""

    def get_allowed_actions(self, row: Listing) -> list[str]:
        """Return what the reader may do."""
        return listing_actions(self.context["request"].user, row)

    def get_attribution(self, row: Listing) -> str:
        """Return the line that the licence asks for."""
        return ATTRIBUTION


def listing_actions(user: Any, row: Listing) -> list[str]:
    """Return what *user* may do with *row*, in the words of the API."""
    roles = roles_on_listing(user, row)
    actions = [
        action
        for action in LISTING_STATES.allowed_actions(row.status, roles)
        if action not in INTERNAL_ACTIONS
    ]
    if may_edit_listing(user, row):
        actions += ["edit", "add_photo", "remove_photo"]
    if may_apply(user, row):
        actions.append("apply")
    return actions
