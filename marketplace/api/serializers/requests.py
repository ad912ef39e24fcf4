"""Requests as their people see them, and as providers may before they are chosen.

Who was not accepted reads the blurred point, the quartier and the landmark; never the
exact place, the way there, or a name.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core.api.fields import PointField
from marketplace.api.serializers.providers import CategoryNameSerializer
from marketplace.models import Quote, ServiceRequest
from marketplace.models.requests import SERVICE_REQUEST_STATES
from marketplace.policies import may_see_place, roles_on_request
from properties.api.serializers.applications import PartySerializer
from properties.api.serializers.places import DivisionSerializer, LandmarkSerializer


class ExactPlaceSerializer(serializers.Serializer[Any]):
    """Where to go: told once a quote is accepted."""

    point = PointField(help_text="The exact point.")
    directions = serializers.CharField(
        max_length=500, help_text="How to walk there from the landmark."
    )


class ServiceRequestInputSerializer(serializers.Serializer[Any]):
    """Something to be done: at a ticket's home, at a unit of one's own, or at a point."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    ticket_id = serializers.UUIDField(
        required=False,
        help_text="A ticket that one is to pay for; gives place, category and title.",
    )
    unit_id = serializers.UUIDField(
        required=False, help_text="A home of one's own, or that one lives in."
    )
    category = serializers.CharField(
        max_length=40,
        required=False,
        source="category_slug",
        help_text="Slug from `GET /service-categories`; required without a ticket.",
    )
    title = serializers.CharField(
        max_length=120, required=False, help_text="Required without a ticket."
    )
    description = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Read by providers around: no name, no number.",
    )
    point = PointField(
        required=False, help_text="The exact point; private until acceptance."
    )
    division_id = serializers.UUIDField(
        required=False, help_text="From `GET /places`; goes with `point`."
    )
    landmark_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="From `GET /places`."
    )
    directions = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="How to walk there; private until acceptance.",
    )
    wanted_on = serializers.DateField(
        required=False, allow_null=True, help_text="The day that would suit."
    )


class CancelRequestSerializer(serializers.Serializer[Any]):
    """Why it is no longer wanted."""

    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="For oneself."
    )


class ServiceRequestSerializer(serializers.ModelSerializer[ServiceRequest]):
    """A request and where it stands."""

    id = serializers.UUIDField(read_only=True, help_text="The request.")
    requester = serializers.SerializerMethodField(
        help_text="Who asks; unnamed until a quote is accepted."
    )
    occupant = serializers.SerializerMethodField(
        help_text="Who is on site instead; null for those who need not know."
    )
    ticket_id = serializers.SerializerMethodField(
        help_text="The repair it is for; null for providers."
    )
    unit_id = serializers.SerializerMethodField(
        help_text="The home; null for providers."
    )
    category = CategoryNameSerializer(help_text="What trade.")
    title = serializers.CharField(max_length=120, help_text="In a few words.")
    description = serializers.CharField(max_length=2000, help_text="What to do.")
    division = DivisionSerializer(help_text="Quartier or village.")
    landmark = LandmarkSerializer(allow_null=True, help_text="What it is near to.")
    point = PointField(
        source="public_point", help_text="Its 250 m cell, never the place itself."
    )
    place = serializers.SerializerMethodField(
        help_text="The exact place; null before acceptance."
    )
    status = serializers.ChoiceField(
        choices=ServiceRequest.Status.choices, help_text="Its state."
    )
    waiting_quotes = serializers.SerializerMethodField(
        help_text="Quotes that wait for the reader's answer, or one's own that waits."
    )
    job_id = serializers.SerializerMethodField(
        help_text="The job that does it; null before, and for who does not do it."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = ServiceRequest
        fields = (
            "id",
            "requester",
            "occupant",
            "ticket_id",
            "unit_id",
            "category",
            "title",
            "description",
            "division",
            "landmark",
            "point",
            "place",
            "wanted_on",
            "status",
            "waiting_quotes",
            "job_id",
            "allowed_actions",
            "expires_at",
            "created_at",
        )

    def _roles(self, row: ServiceRequest) -> set[str]:
        return roles_on_request(self.context["request"].user, row)

    def _is_open(self, row: ServiceRequest) -> bool:
        user = self.context["request"].user
        return may_see_place(user, row, getattr(row, "job", None))

    @extend_schema_field(PartySerializer())
    def get_requester(self, row: ServiceRequest) -> dict[str, Any]:
        """Return who asks; the name to whom the place is told."""
        named = dict(PartySerializer(row.requester).data)
        return named if self._is_open(row) else {**named, "full_name": ""}

    @extend_schema_field(PartySerializer(allow_null=True))
    def get_occupant(self, row: ServiceRequest) -> dict[str, Any] | None:
        """Return who is on site, to whom the place is told."""
        if row.occupant is None or not self._is_open(row):
            return None
        return dict(PartySerializer(row.occupant).data)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_ticket_id(self, row: ServiceRequest) -> str | None:
        """Return the ticket's id to the lease's parties."""
        return str(row.ticket_id) if row.ticket_id and self._roles(row) else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_unit_id(self, row: ServiceRequest) -> str | None:
        """Return the unit's id to the people of the home."""
        return str(row.unit_id) if row.unit_id and self._roles(row) else None

    @extend_schema_field(ExactPlaceSerializer(allow_null=True))
    def get_place(self, row: ServiceRequest) -> dict[str, Any] | None:
        """Return where to go, to whom it is told."""
        return dict(ExactPlaceSerializer(row).data) if self._is_open(row) else None

    @extend_schema_field(serializers.IntegerField(min_value=0, max_value=1000))
    def get_waiting_quotes(self, row: ServiceRequest) -> int:
        """Return how many of the quotes that the reader sees wait."""
        return len(waiting_quotes(row))

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_job_id(self, row: ServiceRequest) -> str | None:
        """Return the job's id to its parties."""
        job = getattr(row, "job", None)
        user_id = self.context["request"].user.pk
        if job is None:
            return None
        own = user_id in {job.customer_id, job.provider_id, job.occupant_id}
        return str(job.pk) if own else None

    def get_allowed_actions(self, row: ServiceRequest) -> list[str]:
        """Return what the reader may do, in the words of the API."""
        roles = self._roles(row)
        actions = SERVICE_REQUEST_STATES.allowed_actions(row.status, roles)
        actions = [action for action in actions if action != "award"]
        if row.status == ServiceRequest.Status.OPEN and not roles:
            actions += [] if waiting_quotes(row) else ["quote"]
        return actions


def waiting_quotes(row: ServiceRequest) -> list[Quote]:
    """Return the waiting ones of the quotes that the view fetched for the reader."""
    seen: list[Quote] = getattr(row, "seen_quotes", [])
    return [quote for quote in seen if quote.status == Quote.Status.SENT]
