"""Jobs, as their customer, provider and occupant each see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core import clock
from lokahome.core.api.fields import MoneyField, PhoneField
from marketplace.api.serializers.providers import (
    CategoryNameSerializer,
    ProviderNameSerializer,
)
from marketplace.api.serializers.requests import ExactPlaceSerializer
from marketplace.models import Job, JobPhoto
from marketplace.policies import (
    actions_on_job,
    cancellation_terms,
    is_code_locked,
    may_see_place,
    renewable_code,
    reviews_open,
    roles_on_job,
)
from marketplace.queries.jobs import codes_for
from marketplace.queries.terms import schedule_of
from marketplace.services.job_photos import MOST_PHOTOS, TAKEN_IN
from payments.models import Charge
from properties.api.serializers.applications import PartySerializer
from properties.api.serializers.listings import PhotoSerializer
from properties.api.serializers.places import DivisionSerializer, LandmarkSerializer

BY_WHOM = [("nobody", "nobody"), *Job.Party.choices]
CODE_KINDS = [("start", "start"), ("finish", "finish")]


class JobPhotoSerializer(PhotoSerializer):
    """A picture of the work, in all its sizes, smallest first."""

    moment = serializers.ChoiceField(
        choices=JobPhoto.Moment.choices, help_text="When it was taken."
    )

    class Meta(PhotoSerializer.Meta):
        model = JobPhoto  # type: ignore[assignment]  # the same shape
        fields = ("id", "moment", "position", "width", "height", "variants")


class JobPaymentInputSerializer(serializers.Serializer[Any]):
    """Paying the whole price by mobile money; it is held until the work is approved."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    operator = serializers.ChoiceField(
        choices=Charge.Operator.values,
        required=False,
        help_text="Default: guessed from the phone.",
    )
    phone = PhoneField(required=False, help_text="Default: the payer's own number.")


class CodeInputSerializer(serializers.Serializer[Any]):
    """The code that the customer or the occupant tells, and pictures."""

    code = serializers.RegexField(
        r"^[0-9]{6}$", max_length=6, help_text="Six digits, told on site."
    )
    upload_ids = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_PHOTOS,
        default=list,
        help_text="Whole uploads of kind `photo`; a delivery needs a picture.",
    )


class CodeRenewalSerializer(serializers.Serializer[Any]):
    """Which code is to be renewed."""

    kind = serializers.ChoiceField(
        choices=CODE_KINDS, help_text="The one that matters now."
    )


class JobPhotoInputSerializer(serializers.Serializer[Any]):
    """The upload that becomes a picture of the work."""

    upload_id = serializers.UUIDField(help_text="A whole upload of kind `photo`.")
    moment = serializers.ChoiceField(
        choices=JobPhoto.Moment.choices, help_text="Of the start or of the end."
    )


class DisputeInputSerializer(serializers.Serializer[Any]):
    """What is wrong."""

    reason = serializers.CharField(
        max_length=1000, help_text="Read by the other party and by the staff."
    )


class TermsSerializer(serializers.Serializer[Any]):
    """How the price would be split; nothing moves while nothing was paid."""

    refund = MoneyField(help_text="What would go back to the customer.")
    to_provider = MoneyField(help_text="What the provider would keep.")


class TermsStepSerializer(TermsSerializer):
    """How the price would be split from a moment on."""

    lead_seconds = serializers.IntegerField(
        min_value=-1,
        max_value=31_536_000,
        help_text="At least this long before the appointment; -1: work has begun.",
    )


class CancellationTermsSerializer(serializers.Serializer[Any]):
    """What giving the job up would cost."""

    now = TermsSerializer(
        allow_null=True, help_text="If the reader cancelled now; null when one cannot."
    )
    steps = TermsStepSerializer(
        many=True, help_text="If the customer cancels, once it is paid."
    )


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job and where it stands."""

    id = serializers.UUIDField(read_only=True, help_text="The job.")
    request_id = serializers.UUIDField(read_only=True, help_text="What was asked.")
    quote_id = serializers.UUIDField(read_only=True, help_text="What was accepted.")
    title = serializers.CharField(
        source="request.title", max_length=120, help_text="In a few words."
    )
    category = CategoryNameSerializer(source="request.category", help_text="The trade.")
    customer = PartySerializer(help_text="Who pays.")
    occupant = PartySerializer(
        allow_null=True, help_text="Who is on site instead; may be null."
    )
    provider = ProviderNameSerializer(
        source="provider.provider_profile", help_text="Who does it."
    )
    division = DivisionSerializer(
        source="request.division", help_text="Quartier or village."
    )
    landmark = LandmarkSerializer(
        source="request.landmark", allow_null=True, help_text="What it is near to."
    )
    place = serializers.SerializerMethodField(
        help_text="The exact place; null for the provider once it is over."
    )
    amount = MoneyField(source="money", help_text="The price.")
    status = serializers.ChoiceField(choices=Job.Status.choices, help_text="Its state.")
    start_code = serializers.SerializerMethodField(
        help_text="To be told to the provider on arrival; empty when not now or not to."
    )
    finish_code = serializers.SerializerMethodField(
        help_text="To be told when the work is good; empty when not now or not to."
    )
    is_code_locked = serializers.SerializerMethodField(
        help_text="Whether five wrong codes were tried; the customer may renew it."
    )
    photos = JobPhotoSerializer(many=True, help_text="At most ten of each moment.")
    payment_id = serializers.SerializerMethodField(
        help_text="The payment that is held; null before, and for others."
    )
    cancellation_terms = serializers.SerializerMethodField(
        help_text="What giving it up would cost."
    )
    disputed_by = serializers.SerializerMethodField(help_text="Who contested it.")
    dispute_reason = serializers.CharField(max_length=1000, help_text="May be empty.")
    cancelled_by = serializers.SerializerMethodField(help_text="Who gave it up.")
    ended_reason = serializers.CharField(
        max_length=500, help_text="Why it was given up, or how staff decided."
    )
    refund = serializers.SerializerMethodField(
        help_text="What of the price goes back to the customer; null until known."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Job
        fields = (
            "id",
            "request_id",
            "quote_id",
            "title",
            "category",
            "customer",
            "occupant",
            "provider",
            "division",
            "landmark",
            "place",
            "amount",
            "scheduled_at",
            "status",
            "start_code",
            "finish_code",
            "is_code_locked",
            "photos",
            "payment_id",
            "cancellation_terms",
            "disputed_by",
            "dispute_reason",
            "cancelled_by",
            "ended_reason",
            "refund",
            "allowed_actions",
            "funded_at",
            "started_at",
            "delivered_at",
            "approved_at",
            "ended_at",
            "created_at",
        )

    @property
    def _reader(self) -> Any:
        return self.context["request"].user

    @extend_schema_field(ExactPlaceSerializer(allow_null=True))
    def get_place(self, row: Job) -> dict[str, Any] | None:
        """Return where to go."""
        told = may_see_place(self._reader, row.request, row)
        return dict(ExactPlaceSerializer(row.request).data) if told else None

    @extend_schema_field(serializers.CharField(max_length=6))
    def get_start_code(self, row: Job) -> str:
        """Return the code to customer and occupant while the job is funded."""
        return codes_for(self._reader, row).start

    @extend_schema_field(serializers.CharField(max_length=6))
    def get_finish_code(self, row: Job) -> str:
        """Return the code to customer and occupant while work is under way."""
        return codes_for(self._reader, row).finish

    def get_is_code_locked(self, row: Job) -> bool:
        """Return whether the code that matters now is locked."""
        kind = renewable_code(row)
        return bool(kind) and is_code_locked(row, kind)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_payment_id(self, row: Job) -> str | None:
        """Return the charge's id to whoever paid it."""
        own = row.charge_id is not None and self._reader.pk == row.customer_id
        return str(row.charge_id) if own else None

    @extend_schema_field(CancellationTermsSerializer())
    def get_cancellation_terms(self, row: Job) -> dict[str, Any]:
        """Return the split of a cancellation now, and as time goes on."""
        roles = roles_on_job(self._reader, row)
        who = next((role for role in ("customer", "provider") if role in roles), "")
        now = None
        if who and "cancel" in actions_on_job(self._reader, row):
            now = cancellation_terms(row, who, clock.now())
        told = {"now": now, "steps": schedule_of(row)}
        return dict(CancellationTermsSerializer(told).data)

    @extend_schema_field(serializers.ChoiceField(choices=BY_WHOM))
    def get_disputed_by(self, row: Job) -> str:
        """Return who contested it, or ``nobody``."""
        return row.disputed_by or "nobody"

    @extend_schema_field(serializers.ChoiceField(choices=BY_WHOM))
    def get_cancelled_by(self, row: Job) -> str:
        """Return who gave it up, or ``nobody``."""
        return row.cancelled_by or "nobody"

    @extend_schema_field(MoneyField(allow_null=True))
    def get_refund(self, row: Job) -> dict[str, Any] | None:
        """Return what goes back."""
        if row.to_customer is None:
            return None
        return {"amount": row.to_customer, "currency": row.currency}

    def get_allowed_actions(self, row: Job) -> list[str]:
        """Return what the reader may do, in the words of the API."""
        actions = actions_on_job(self._reader, row)
        reviewed = bool(getattr(row, "own_reviews", ()))
        if "review" in actions and (reviewed or not reviews_open(row, now=clock.now())):
            actions.remove("review")
        if any(row.status in states for states in TAKEN_IN.values()):
            actions += ["add_photo"] if roles_on_job(self._reader, row) else []
        return actions
