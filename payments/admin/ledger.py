"""Grand livre: entries and accounts, to be read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from payments.models import JournalEntry, LedgerAccount
from payments.models.chart import chart_of


@admin.register(JournalEntry)
class JournalEntryAdmin(LokaModelAdmin):
    """The journal: what happened to money, each entry with its legs."""

    list_display = (
        "occurred_at",
        "kind",
        "charge",
        "gateway",
        "gateway_reference",
        "legs",
    )
    list_filter = ("kind", "gateway")
    list_select_related = ("charge",)
    search_fields = ("=gateway_reference", "=charge__reference")
    ordering = ("-id",)
    date_hierarchy = "occurred_at"

    def preview(self, request: HttpRequest, row: JournalEntry) -> str:
        """Show the legs as an accountant reads them: debit left, credit right."""
        lines = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    chart_of(leg.account.code).syscohada,
                    chart_of(leg.account.code).label,
                    leg.account.currency,
                    leg.amount if leg.amount > 0 else "",
                    -leg.amount if leg.amount < 0 else "",
                )
                for leg in row.postings.select_related("account").order_by("-amount")
            ),
        )
        return format_html(
            "<table><caption>{}</caption><thead><tr><th>{}</th><th>{}</th><th>{}</th>"
            "<th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table>",
            _("Lignes de l’écriture"),
            _("SYSCOHADA"),
            _("Compte"),
            _("Devise"),
            _("Débit"),
            _("Crédit"),
            lines,
        )


@admin.register(LedgerAccount)
class LedgerAccountAdmin(LokaModelAdmin):
    """Accounts with their balances, derived from the postings."""

    list_display = ("syscohada", "label", "party_id", "currency", "shown_balance")
    search_fields = ("code", "=party_id")
    ordering = ("code", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        """Add each account's balance in the list's own query."""
        rows: QuerySet[LedgerAccount] = super().get_queryset(request)
        return rows.annotate(balance=Coalesce(Sum("postings__amount"), 0))

    @display(description=_("SYSCOHADA"))
    def syscohada(self, account: LedgerAccount) -> str:
        """Return the number in the accountant's chart."""
        return chart_of(account.code).syscohada

    @display(description=_("Libellé"), ordering="code")
    def label(self, account: LedgerAccount) -> str:
        """Return the account's name, and its gateway."""
        gateway = account.code.partition(":")[2]
        return f"{chart_of(account.code).label} {gateway}".strip()

    @display(description=_("Solde (débit − crédit)"), ordering="balance")
    def shown_balance(self, account: Any) -> str:
        """Return the balance, debit positive."""
        return f"{account.balance:+d}"
