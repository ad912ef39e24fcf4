"""Paiements: where the money is, how it came there, and asking the gateway again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.admin.links import may_see_people, people_links
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_phone
from lokahome.core.money import Money, format_money
from payments.admin.history import charge_history
from payments.admin.pieces import cases_about, facts, linked, subject_link
from payments.models import Charge, ChargeStatus, Receipt
from payments.queries import where_is_the_money
from payments.services.confirming import confirm_with_gateway


def _recheck(charge: Charge, order: Order) -> None:
    confirm_with_gateway(charge_id=charge.pk, now=order.now, source="staff")


@admin.register(Charge)
class ChargeAdmin(LokaModelAdmin):
    """Payments, newest first."""

    list_display = (
        "reference",
        "shown_amount",
        "shown_status",
        "operator",
        "gateway_id",
        "shown_fee",
        "created_at",
        "captured_at",
    )
    list_filter = ("status", "operator", "gateway", "failure_code")
    search_fields = ("reference", "=gateway_id", "=subject")
    search_help_text = _("Référence, n° de la passerelle ou objet")
    ordering = ("-id",)
    date_hierarchy = "created_at"
    fields = (
        "reference",
        "shown_amount",
        "status",
        "failure_code",
        "description",
        "operator",
        "shown_phone",
        "gateway",
        "gateway_id",
        "shown_fee",
        "created_at",
        "expires_at",
        "captured_at",
        "checked_at",
        "next_check_at",
    )
    readonly_fields = fields
    timeline_reasons = dict(Charge.FailureCode.choices)
    decisions = (
        Decision(
            name="recheck",
            label=str(_("Réinterroger la passerelle")),
            permission="payments.recheck_charge",
            run=_recheck,
            needs_reason=False,
            notice=str(
                _(
                    "La passerelle est interrogée maintenant. Sa réponse décide : "
                    "un paiement confirmé est encaissé, un écart ouvre un dossier."
                )
            ),
            outside_transaction=True,
            shortcut="q",
        ),
    )

    def preview(self, request: HttpRequest, row: Charge) -> str:
        """Say where the money is; link its escrow, its refunds and the cases."""
        ids = (row.payer_id, row.payee_id)
        people = people_links(ids, linked=may_see_people(request))
        rows = [
            (_("Payeur"), people[row.payer_id]),
            (_("Bénéficiaire"), people[row.payee_id]),
        ]
        rows.append((_("Objet"), subject_link(request, row.subject)))
        if row.escrow_id is not None:
            url = reverse("admin:payments_escrow_change", args=[row.escrow_id])
            escrow = format_html('<a href="{}">{}</a>', url, _("Ouvrir le séquestre"))
            rows.append((_("Séquestre"), escrow))
        return format_html(
            "<p><strong>{}</strong></p>{}{}{}",
            where_is_the_money(row),
            facts(rows),
            linked(_("Remboursements"), row.refunds.order_by("-id")[:20]),
            cases_about(f"charge:{row.pk}"),
        )

    def timeline(self, row: Charge) -> list[dict[str, Any]]:
        """Merge states, deeds, calls, webhooks and postings, newest first."""
        entries = [*super().timeline(row), *charge_history(row)]
        return sorted(entries, key=lambda entry: entry["at"], reverse=True)

    @display(description=_("Montant"), ordering="amount")
    def shown_amount(self, charge: Charge) -> str:
        """Return the amount as people write it."""
        return format_money(charge.money)

    @display(description=_("Frais"), ordering="provider_fee")
    def shown_fee(self, charge: Charge) -> str:
        """Return what the gateway kept."""
        if charge.provider_fee is None:
            return "—"
        return format_money(Money(charge.provider_fee, charge.currency))

    @display(description=_("Téléphone du payeur"))
    def shown_phone(self, charge: Charge) -> str:
        """Return the wallet's number, masked."""
        return masked_phone(charge.payer_phone)

    @display(
        description=_("État"),
        ordering="status",
        label={
            ChargeStatus.SUCCEEDED.value: "success",
            ChargeStatus.WON.value: "success",
            ChargeStatus.FAILED.value: "danger",
            ChargeStatus.LOST.value: "danger",
            ChargeStatus.REVERSED.value: "danger",
            ChargeStatus.IN_REVIEW.value: "warning",
            ChargeStatus.DISPUTED.value: "warning",
            ChargeStatus.EXPIRED.value: "warning",
            ChargeStatus.CREATED.value: "info",
            ChargeStatus.PENDING.value: "info",
            ChargeStatus.REQUIRES_ACTION.value: "info",
        },
    )
    def shown_status(self, charge: Charge) -> tuple[str, str]:
        """Return the state and its name."""
        return charge.status, charge.get_status_display()


@admin.register(Receipt)
class ReceiptAdmin(LokaModelAdmin):
    """Reçus issued."""

    list_display = ("number", "charge", "issued_at")
    list_select_related = ("charge",)
    search_fields = ("number", "=charge__reference")
    ordering = ("-id",)


register_case_view(
    "charge",
    lambda case, pk: reverse("admin:payments_charge_change", args=[pk]),
    label=str(_("Voir le paiement")),
    permission="payments.view_charge",
    names_of=lambda ids: dict(
        Charge.objects.filter(pk__in=ids).values_list("pk", "reference")
    ),
)
