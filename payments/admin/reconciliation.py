"""Rapprochements: runs, and how far both sides agree."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from payments.models import ReconciliationRun


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(LokaModelAdmin):
    """Runs of the reconciliation; their differences are cases of the payment queue."""

    list_display = (
        "started_at",
        "gateway",
        "window_from",
        "window_until",
        "shown_state",
        "listed_paid",
        "listed_sum",
        "ledger_sum",
        "healed",
        "shown_differences",
    )
    list_filter = ("state", "gateway")
    ordering = ("-id",)

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
        found = sorted(run.differences.items())
        return ", ".join(f"{name} : {count}" for name, count in found) or "—"
