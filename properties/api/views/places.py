"""Places that people type, and the words of this API with their labels."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.db.models import TextChoices
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.pagination import MAX_LIMIT, read_limit
from properties.api.serializers.places import (
    FoundPlaceSerializer,
    PlaceListSerializer,
)
from properties.models import (
    Application,
    Division,
    EntryCost,
    Lease,
    Listing,
    Property,
    RentPeriod,
    Ticket,
    Unit,
)
from properties.queries.places import ATTRIBUTION, search_places

PUBLIC_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}

VOCABULARIES: dict[str, type[TextChoices]] = {
    "application_status": Application.Status,
    "division_level": Division.Level,
    "entry_cost_kind": EntryCost.Kind,
    "landmark_relation": Property.Relation,
    "lease_fee_bearer": Lease.FeeBearer,
    "lease_status": Lease.Status,
    "legal_mark": EntryCost.LegalMark,
    "listing_purpose": Listing.Purpose,
    "listing_status": Listing.Status,
    "property_kind": Property.Kind,
    "rent_period_status": RentPeriod.Status,
    "ticket_payer": Ticket.Payer,
    "ticket_status": Ticket.Status,
    "ticket_urgency": Ticket.Urgency,
    "unit_kind": Unit.Kind,
    "unit_power": Unit.Power,
    "unit_sanitary": Unit.Sanitary,
    "unit_water": Unit.Water,
}


class PlacesView(APIView):
    """Divisions, localities and landmarks by name."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="place_list",
        summary="Find places by what people type",
        parameters=[
            OpenApiParameter(
                "q", str, required=True, description="Two letters or more."
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20},
                description="Rows.",
            ),
        ],
        responses=PlaceListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the places that the text may mean; accents and slips do not matter."""
        refuse_unknown(request, {"q"})
        found = search_places(
            request.query_params.get("q", "")[:120], limit=read_limit(request)
        )
        data = FoundPlaceSerializer(found, many=True).data
        return Response(
            {"data": data, "attribution": ATTRIBUTION}, headers=PUBLIC_FOR_AN_HOUR
        )


class TermSerializer(serializers.Serializer[Any]):
    """One word and its label."""

    value = serializers.CharField(max_length=40, help_text="As this API writes it.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own "label"
        max_length=120, help_text="As people read it."
    )


class VocabularySerializer(serializers.Serializer[Any]):
    """One list of words."""

    name = serializers.CharField(max_length=40, help_text="The list.")
    terms = TermSerializer(many=True, help_text="Its words, in order.")


class VocabularyListSerializer(serializers.Serializer[Any]):
    """Every list."""

    data = VocabularySerializer(  # type: ignore[assignment]  # DRF's own "data"
        many=True, help_text="The lists."
    )
    version = serializers.CharField(
        max_length=16, help_text="Changes when a word or a label does."
    )


class VocabulariesView(APIView):
    """The words of this API."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="vocabulary_list",
        summary="Every enumeration with its labels",
        responses=VocabularyListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the words with labels in the reader's language."""
        refuse_unknown(request, set())
        data = [
            {
                "name": name,
                "terms": [
                    {"value": value, "label": str(label)}
                    for value, label in words.choices
                ],
            }
            for name, words in VOCABULARIES.items()
        ]
        version = hashlib.sha256(orjson.dumps(data)).hexdigest()[:16]
        return Response({"data": data, "version": version}, headers=PUBLIC_FOR_AN_HOUR)
