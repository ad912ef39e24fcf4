"""Candidatures, baux, loyers: read-only, to understand a case without asking around."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.money import Money, format_money
from payments.models import Charge
from properties.models import Application, Lease, RentPayment, RentPeriod

STATE_LABELS = {
    "Acceptée": "success",
    "Bail signé": "success",
    "En cours": "success",
    "Payé": "success",
    "À signer": "info",
    "À payer": "info",
    "Payé en partie": "warning",
    "En retard": "danger",
    "Refusée": "danger",
}


def _money(amount: int, currency: str) -> str:
    return format_money(Money(amount, currency))


@admin.register(Application)
class ApplicationAdmin(LokaModelAdmin):
    """Applications."""

    list_display = ("listing", "tenant", "landlord", "shown_status", "sent_at")
    list_filter = ("status",)
    list_select_related = ("listing", "tenant", "landlord")
    search_fields = ("=id", "=tenant__id", "=landlord__id", "=listing__slug")
    ordering = ("-id",)
    fields = (
        "listing",
        "tenant",
        "landlord",
        "shown_status",
        "move_in_on",
        "occupants",
        "message",
        "decision_reason",
        "sent_at",
        "decided_at",
    )
    readonly_fields = fields

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: Application) -> str:
        """Return the state's name."""
        return str(row.get_status_display())


@admin.register(Lease)
class LeaseAdmin(LokaModelAdmin):
    """Leases, with their rent periods and what was paid."""

    timeline_deeds = {"lease.signed": _("Signature du bail")}

    list_display = (
        "unit",
        "tenant",
        "landlord",
        "shown_rent",
        "shown_status",
        "starts_on",
    )
    list_filter = ("status",)
    list_select_related = ("unit", "tenant", "landlord")
    search_fields = ("=id", "=tenant__id", "=landlord__id")
    ordering = ("-id",)
    fields = (
        "unit",
        "tenant",
        "landlord",
        "shown_status",
        "shown_rent",
        "starts_on",
        "ends_on",
        "due_day",
        "fee_bearer",
        "terms_digest",
        "activated_at",
    )
    readonly_fields = fields

    def preview(self, request: HttpRequest, row: Lease) -> str:
        """Return the signatures, the periods and the payments of the lease."""
        periods = list(row.rent_periods.all())
        payments = list(row.rent_payments.order_by("id"))
        references = dict(
            Charge.objects.filter(
                pk__in=[item.charge_id for item in payments]
            ).values_list("pk", "reference")
        )
        context = {
            "signatures": row.signatures.select_related("person"),
            "periods": [
                {
                    "row": item,
                    "amount": _money(item.amount, item.currency),
                    "paid": _money(item.paid, item.currency),
                }
                for item in periods
            ],
            "payments": [
                {
                    "row": item,
                    "reference": references.get(item.charge_id, item.charge_id),
                    "amount": _money(item.amount, item.currency),
                    "credit": item.credit and _money(item.credit, item.currency),
                }
                for item in payments
            ],
        }
        return render_to_string("admin/properties/lease_preview.html", context)

    @display(description=_("Loyer"), ordering="rent")
    def shown_rent(self, row: Lease) -> str:
        """Return the rent as people write it."""
        return format_money(row.rent_money)

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: Lease) -> str:
        """Return the state's name."""
        return str(row.get_status_display())


@admin.register(RentPeriod)
class RentPeriodAdmin(LokaModelAdmin):
    """Rent periods."""

    timeline_noun = "rent_period"
    list_display = (
        "lease",
        "starts_on",
        "due_on",
        "shown_amount",
        "shown_balance",
        "shown_status",
    )
    list_filter = ("status", "due_on")
    list_select_related = ("lease",)
    search_fields = ("=id", "=lease__id")
    ordering = ("due_on", "id")
    fields = (
        "lease",
        "starts_on",
        "ends_on",
        "due_on",
        "shown_amount",
        "shown_balance",
        "shown_status",
        "paid_at",
    )
    readonly_fields = fields

    @display(description=_("Loyer"), ordering="amount")
    def shown_amount(self, row: RentPeriod) -> str:
        """Return what is due."""
        return _money(row.amount, row.currency)

    @display(description=_("Reste dû"))
    def shown_balance(self, row: RentPeriod) -> str:
        """Return what is still owed."""
        return format_money(row.balance)

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: RentPeriod) -> str:
        """Return the state's name."""
        return str(row.get_status_display())


@admin.register(RentPayment)
class RentPaymentAdmin(LokaModelAdmin):
    """What charges were for, and what became of them."""

    list_display = ("shown_amount", "lease", "shown_credit", "applied_at", "charge_id")
    list_filter = (("applied_at", admin.EmptyFieldListFilter),)
    list_select_related = ("lease",)
    search_fields = ("=charge_id", "=lease__id")
    ordering = ("-id",)
    fields = (
        "lease",
        "named_period",
        "shown_amount",
        "shown_captured",
        "shown_credit",
        "applied_at",
        "charge_id",
    )
    readonly_fields = fields

    @display(description=_("Montant"), ordering="amount")
    def shown_amount(self, row: RentPayment) -> str:
        """Return what was asked."""
        return _money(row.amount, row.currency)

    @display(description=_("Encaissé"), ordering="captured")
    def shown_captured(self, row: RentPayment) -> str:
        """Return what was captured."""
        return _money(row.captured, row.currency)

    @display(description=_("Avoir"), ordering="credit")
    def shown_credit(self, row: Any) -> str:
        """Return what waits for the next period."""
        return _money(row.credit, row.currency)
