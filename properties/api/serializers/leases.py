"""Leases, signatures, rent periods and documents as the parties see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core import clock
from lokahome.core.api.fields import MoneyField, PhoneField
from lokahome.core.documents.links import signed_link
from lokahome.core.documents.models import SealedDocument
from lokahome.core.documents.rendering import check_url
from lokahome.core.money import Money
from properties.api.serializers.applications import PartySerializer
from properties.models import Lease, LeaseSignature, RentPeriod
from properties.models.leases import LEASE_STATES
from properties.policies import roles_on_lease
from properties.services.rent import OPERATORS


class SignatureSerializer(serializers.ModelSerializer[LeaseSignature]):
    """A signature."""

    id = serializers.UUIDField(read_only=True, help_text="The signature.")
    role = serializers.ChoiceField(
        choices=LeaseSignature.Role.choices, help_text="Which party signed."
    )
    terms_digest = serializers.CharField(
        max_length=64, help_text="SHA-256 of the exact terms."
    )

    class Meta:
        model = LeaseSignature
        fields = ("id", "role", "terms_digest", "signed_at")


class SignatureInputSerializer(serializers.Serializer[Any]):
    """Signing: the digest says which terms were read."""

    terms_digest = serializers.RegexField(
        r"^[0-9a-f]{64}$", max_length=64, help_text="`terms_digest` of the lease."
    )


class LeasePatchSerializer(serializers.Serializer[Any]):
    """Terms that the landlord may change while the lease is a draft."""

    starts_on = serializers.DateField(required=False, help_text="First day.")
    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="Last day; null for open-ended."
    )
    due_day = serializers.IntegerField(
        min_value=1, max_value=28, required=False, help_text="Day rent is due."
    )
    deposit = MoneyField(required=False, help_text="Deposit, apart from rent.")
    fee_bearer = serializers.ChoiceField(
        choices=Lease.FeeBearer.choices, required=False, help_text="Who bears fees."
    )


class LeaseSerializer(serializers.ModelSerializer[Lease]):
    """A lease and where it stands."""

    id = serializers.UUIDField(read_only=True, help_text="The lease.")
    application_id = serializers.UUIDField(read_only=True, help_text="Its origin.")
    listing_id = serializers.UUIDField(read_only=True, help_text="Its listing.")
    unit_id = serializers.UUIDField(read_only=True, help_text="The home.")
    property_id = serializers.UUIDField(
        source="unit.property_id", read_only=True, help_text="Where the home is."
    )
    landlord = PartySerializer(help_text="The landlord.")
    tenant = PartySerializer(help_text="The tenant.")
    status = serializers.ChoiceField(
        choices=Lease.Status.choices, help_text="Its state."
    )
    rent = MoneyField(source="rent_money", help_text="Rent of a period.")
    deposit = serializers.SerializerMethodField(help_text="Deposit.")
    period = serializers.ChoiceField(
        choices=Lease.Period.choices, help_text="Length of a period."
    )
    due_day = serializers.IntegerField(
        min_value=1, max_value=28, help_text="Day rent is due."
    )
    fee_bearer = serializers.ChoiceField(
        choices=Lease.FeeBearer.choices, help_text="Who bears payment fees."
    )
    terms_digest = serializers.CharField(
        max_length=64, help_text="SHA-256 of the exact terms; empty in draft."
    )
    signatures = SignatureSerializer(many=True, help_text="Signatures so far.")
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )

    class Meta:
        model = Lease
        fields = (
            "id",
            "application_id",
            "listing_id",
            "unit_id",
            "property_id",
            "landlord",
            "tenant",
            "status",
            "rent",
            "deposit",
            "period",
            "starts_on",
            "ends_on",
            "due_day",
            "fee_bearer",
            "terms_digest",
            "signatures",
            "allowed_actions",
            "activated_at",
            "created_at",
            "updated_at",
        )

    @extend_schema_field(MoneyField())
    def get_deposit(self, row: Lease) -> dict[str, Any]:
        """Return the deposit."""
        return {"amount": row.deposit, "currency": row.currency}

    def get_allowed_actions(self, row: Lease) -> list[str]:
        """Return what the reader may do, in the words of the API."""
        return lease_actions(self.context["request"].user, row)


def lease_actions(user: Any, row: Lease) -> list[str]:
    """Return what *user* may do with *row*: edges with a door, and what has no edge."""
    roles = roles_on_lease(user, row)
    actions = [
        action
        for action in LEASE_STATES.allowed_actions(row.status, roles)
        if action == "correct"
    ]
    if row.status in (Lease.Status.DRAFT, Lease.Status.LEGAL_CHECK):
        actions += ["edit", "send"] if "landlord" in roles else []
    if row.status == Lease.Status.OUT_FOR_SIGNATURE and roles:
        signed = {
            item.role
            for item in row.signatures.all()
            if item.terms_digest == row.terms_digest
        }
        actions += ["sign"] if roles - signed else []
    if row.status in Lease.RUNNING_STATES and "tenant" in roles:
        actions.append("pay_rent")
    return actions


class RentPeriodSerializer(serializers.ModelSerializer[RentPeriod]):
    """A month of rent."""

    id = serializers.UUIDField(read_only=True, help_text="The period.")
    rent = serializers.SerializerMethodField(help_text="What is due.")
    paid = serializers.SerializerMethodField(help_text="What was paid of it.")
    balance = MoneyField(help_text="What is still owed.")
    status = serializers.ChoiceField(
        choices=RentPeriod.Status.choices, help_text="Its state."
    )

    class Meta:
        model = RentPeriod
        fields = (
            "id",
            "starts_on",
            "ends_on",
            "due_on",
            "rent",
            "paid",
            "balance",
            "status",
            "paid_at",
        )

    @extend_schema_field(MoneyField())
    def get_rent(self, row: RentPeriod) -> dict[str, Any]:
        """Return what is due."""
        return {"amount": row.amount, "currency": row.currency}

    @extend_schema_field(MoneyField())
    def get_paid(self, row: RentPeriod) -> dict[str, Any]:
        """Return what was paid."""
        return {"amount": row.paid, "currency": row.currency}


class RentPaymentInputSerializer(serializers.Serializer[Any]):
    """Paying rent by mobile money."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    amount = MoneyField(
        minimum=100, required=False, help_text="Default: all that is owed."
    )
    period_id = serializers.UUIDField(
        required=False, help_text="Period to pay first; default: the oldest debt."
    )
    operator = serializers.ChoiceField(
        choices=OPERATORS, required=False, help_text="Default: guessed from the phone."
    )
    phone = PhoneField(required=False, help_text="Default: the payer's own number.")


class LeaseDocumentSerializer(serializers.ModelSerializer[SealedDocument]):
    """A sealed document of a lease."""

    id = serializers.UUIDField(read_only=True, help_text="The document.")
    kind = serializers.CharField(max_length=20, help_text="`quittance` or `recu`.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's own name
        max_length=40, help_text="Its printed number."
    )
    amount = serializers.SerializerMethodField(help_text="What it attests.")
    download_url = serializers.SerializerMethodField(
        help_text="The PDF, for five minutes."
    )
    check_url = serializers.SerializerMethodField(help_text="What its QR code holds.")

    class Meta:
        model = SealedDocument
        fields = (
            "id",
            "kind",
            "label",
            "amount",
            "download_url",
            "check_url",
            "created_at",
        )

    @extend_schema_field(MoneyField())
    def get_amount(self, row: SealedDocument) -> dict[str, Any]:
        """Return the amount that the document states."""
        money = Money(row.facts["amount"], row.facts["currency"])
        return {"amount": money.amount, "currency": money.currency}

    def get_download_url(self, row: SealedDocument) -> str:
        """Return a signed link for this reader."""
        reader = self.context["request"].user.pk
        return signed_link(row, reader_id=reader, now=clock.now())["url"]

    def get_check_url(self, row: SealedDocument) -> str:
        """Return the public check page."""
        return check_url(row.number.token)
