"""Rapprochements: runs, and how far both sides agree."""

from __future__ import annotations

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.money import Money, format_money
from payments.models import ReconciliationRun

DIFFERENCES = (
    ("missing_here", _("inconnu ici")),
    ("missing_there", _("inconnu de la passerelle")),
    ("amount", _("autre montant")),
    ("currency", _("autre devise")),
    ("reference", _("autre référence")),
    ("fee", _("autres frais")),
    ("duplicate", _("double débit possible")),
    ("late", _("confirmation tardive")),
    ("refund", _("remboursement inconnu ici")),
)
"""The classes of difference, short enough for a list."""


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(LokaModelAdmin):
    """Runs of the reconciliation; their differences are cases of the payment queue."""

    list_display = (
        "shown_start",
        "gateway",
        "flow",
        "shown_state",
        "shown_listed_sum",
        "shown_ledger_sum",
        "healed",
        "shown_differences",
    )
    list_filter = ("state", "flow", "gateway")
    ordering = ("-id",)
    fields = (
        "gateway",
        "flow",
        "state",
        "window_from",
        "window_until",
        "started_at",
        "ended_at",
        "listed",
        "listed_paid",
        "shown_listed_sum",
        "shown_fees",
        "ours",
        "ours_captured",
        "shown_ours_sum",
        "shown_ledger_sum",
        "healed",
        "shown_differences",
    )
    readonly_fields = fields

    @display(description=_("Commencé le"), ordering="started_at")
    def shown_start(self, run: ReconciliationRun) -> str:
        """Return the moment, short: a list has many of the same day."""
        return date_format(localtime(run.started_at), "SHORT_DATETIME_FORMAT")

    @display(description=_("Payé selon la passerelle"), ordering="listed_sum")
    def shown_listed_sum(self, run: ReconciliationRun) -> str:
        """Return what the gateway says was paid."""
        return format_money(Money(run.listed_sum))

    @display(description=_("Frais selon la passerelle"), ordering="listed_fees")
    def shown_fees(self, run: ReconciliationRun) -> str:
        """Return what the gateway says it kept."""
        return format_money(Money(run.listed_fees))

    @display(description=_("Total encaissé"), ordering="ours_sum")
    def shown_ours_sum(self, run: ReconciliationRun) -> str:
        """Return what our payments say was captured."""
        return format_money(Money(run.ours_sum))

    @display(description=_("Au grand livre"), ordering="ledger_sum")
    def shown_ledger_sum(self, run: ReconciliationRun) -> str:
        """Return what the ledger says was captured."""
        return format_money(Money(run.ledger_sum))

    @display(
        description=_("État"),
        ordering="state",
        label={
            "running": "info",
            "agreed": "success",
            "different": "danger",
            "unanswered": "warning",
        },
    )
    def shown_state(self, run: ReconciliationRun) -> tuple[str, str]:
        """Return the state and its name."""
        return run.state, run.get_state_display()

    @display(description=_("Écarts"))
    def shown_differences(self, run: ReconciliationRun) -> str:
        """Return the number of differences by class."""
        names = dict(DIFFERENCES)
        found = sorted(run.differences.items())
        return ", ".join(f"{names.get(name, name)} ({n})" for name, n in found) or "—"
