"""Webhooks reçus, and the log of calls to gateways."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.money import MINOR_UNITS, XOF, Money, format_money
from payments.admin.history import notice_kind, said, source_of, verb_of
from payments.models import GatewayCall, GatewayNotice


def _as_money(amount: int | None, currency: str) -> str:
    if amount is None:
        return "—"
    if currency and currency not in MINOR_UNITS:
        return f"{amount} {currency}"
    return format_money(Money(amount, currency or XOF))


@admin.register(GatewayNotice)
class GatewayNoticeAdmin(LokaModelAdmin):
    """What gateways told us; the bodies stay closed, they may name people."""

    list_display = (
        "created_at",
        "gateway",
        "shown_kind",
        "gateway_object_id",
        "charge",
        "transfer",
        "outcome",
        "handled_at",
    )
    list_filter = ("outcome", "kind", "gateway")
    list_select_related = ("charge", "transfer")
    search_fields = (
        "=event_id",
        "=gateway_object_id",
        "=charge__reference",
        "=transfer__reference",
    )
    ordering = ("-id",)
    fields = (
        "gateway",
        "event_id",
        "kind",
        "gateway_object_id",
        "charge",
        "transfer",
        "signed_at",
        "occurred_at",
        "created_at",
        "body_digest",
        "body_kept_until",
        "outcome",
        "handled_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatewayNotice]:
        """Leave the bodies in the database."""
        rows: QuerySet[GatewayNotice] = super().get_queryset(request)
        return rows.defer("raw_body")

    @display(description=_("Annonce de la passerelle"), ordering="kind")
    def shown_kind(self, notice: GatewayNotice) -> str:
        """Return what the webhook announces."""
        return notice_kind(notice.kind)


@admin.register(GatewayCall)
class GatewayCallAdmin(LokaModelAdmin):
    """Calls to gateways: outcome, time taken, what was said of the money."""

    list_display = (
        "created_at",
        "gateway",
        "shown_verb",
        "shown_source",
        "charge",
        "transfer",
        "outcome",
        "code",
        "shown_said",
        "milliseconds",
    )
    list_filter = ("outcome", "verb", "source", "gateway")
    list_select_related = ("charge", "transfer")
    search_fields = ("=charge__reference", "=transfer__reference", "=gateway_id")
    ordering = ("-id",)
    fields = (
        "created_at",
        "gateway",
        "shown_verb",
        "shown_source",
        "charge",
        "transfer",
        "gateway_id",
        "outcome",
        "code",
        "shown_said",
        "shown_amount",
        "shown_fee",
        "milliseconds",
    )
    readonly_fields = fields

    def title_of(self, row: GatewayCall) -> str:
        """Return what was asked, and how it went."""
        return f"{verb_of(row)} : {row.get_outcome_display()}"

    @display(description=_("Appel"), ordering="verb")
    def shown_verb(self, call: GatewayCall) -> str:
        """Return what was asked."""
        return verb_of(call)

    @display(description=_("Origine"), ordering="source")
    def shown_source(self, call: GatewayCall) -> str:
        """Return why it was asked."""
        return source_of(call) or "—"

    @display(description=_("État annoncé"), ordering="said_status")
    def shown_said(self, call: GatewayCall) -> str:
        """Return the state that the gateway gave."""
        return said(call) or "—"

    @display(description=_("Montant annoncé"))
    def shown_amount(self, call: GatewayCall) -> str:
        """Return the amount that the gateway gave."""
        return _as_money(call.said_amount, call.said_currency)

    @display(description=_("Frais annoncés"))
    def shown_fee(self, call: GatewayCall) -> str:
        """Return the fee that the gateway gave."""
        return _as_money(call.said_fee, call.said_currency)
