"""Grand livre: entries and accounts, to be read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_name
from lokahome.core.money import Money, format_money
from payments.admin.pieces import written
from payments.models import JournalEntry, LedgerAccount
from payments.models.chart import chart_of


@admin.register(JournalEntry)
class JournalEntryAdmin(LokaModelAdmin):
    """The journal: what happened to money, each entry with its legs."""

    list_display = (
        "occurred_at",
        "kind",
        "charge",
        "transfer",
        "gateway",
        "gateway_reference",
        "shown_sum",
    )
    list_filter = ("kind", "gateway")
    list_select_related = ("charge", "transfer")
    search_fields = (
        "=gateway_reference",
        "=charge__reference",
        "=transfer__reference",
    )
    ordering = ("-id",)
    date_hierarchy = "occurred_at"

    fields = (
        "occurred_at",
        "kind",
        "charge",
        "transfer",
        "gateway",
        "gateway_reference",
        "legs",
        "created_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalEntry]:
        """Add what each entry moves: the sum of its debits, in one currency."""
        rows: QuerySet[JournalEntry] = super().get_queryset(request)
        debits = Sum("postings__amount", filter=Q(postings__amount__gt=0), default=0)
        return rows.annotate(moved=debits, moved_in=Min("postings__account__currency"))

    @display(description=_("Somme"), ordering="moved")
    def shown_sum(self, entry: Any) -> str:
        """Return the sum of the debits."""
        return format_money(Money(entry.moved, entry.moved_in or "XOF"))

    def title_of(self, row: JournalEntry) -> str:
        """Return its kind and the gateway's number."""
        return f"{row.get_kind_display()} {row.gateway_reference}"

    def preview(self, request: HttpRequest, row: JournalEntry) -> str:
        """Show the legs as an accountant reads them: debit left, credit right."""
        lines = format_html_join(
            "",
            '<tr><td>{}</td><td>{}</td><td class="lh-sum">{}</td>'
            '<td class="lh-sum">{}</td></tr>',
            (
                (
                    chart_of(leg.account.code).syscohada,
                    chart_of(leg.account.code).label,
                    written(leg.amount, leg.account.currency),
                    written(-leg.amount, leg.account.currency),
                )
                for leg in row.postings.select_related("account").order_by("-amount")
            ),
        )
        return format_html(
            '<table><caption>{}</caption><thead><tr><th scope="col">{}</th>'
            '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
            "</tr></thead><tbody>{}</tbody></table>",
            _("Lignes de l’écriture"),
            _("SYSCOHADA"),
            _("Compte"),
            _("Débit"),
            _("Crédit"),
            lines,
        )


@admin.register(LedgerAccount)
class LedgerAccountAdmin(LokaModelAdmin):
    """Accounts with their balances, derived from the postings."""

    list_display = ("syscohada", "label", "shown_party", "shown_balance")
    search_fields = ("code", "=party_id")
    ordering = ("code", "id")
    fields = ("syscohada", "label", "shown_party", "currency", "shown_balance")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        """Add each account's balance in the list's own query."""
        rows: QuerySet[LedgerAccount] = super().get_queryset(request)
        party = User.objects.filter(pk=OuterRef("party_id")).values("full_name")[:1]
        return rows.annotate(
            balance=Coalesce(Sum("postings__amount"), 0), party_name=Subquery(party)
        )

    @display(description=_("Tiers"), ordering="party_id")
    def shown_party(self, account: Any) -> str:
        """Return the initials of whom the account is for."""
        return masked_name(account.party_name or "")

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
        return format_money(Money(account.balance, account.currency))
