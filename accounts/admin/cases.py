"""Dossiers: what waits for a decision, oldest first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Case, User
from accounts.policies import case_permission
from accounts.services.cases import decide_case
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order


class StatusFilter(admin.SimpleListFilter):
    """Open cases unless asked otherwise: the list is a queue."""

    title = _("état")
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices beside the default."""
        return [("decided", _("Décidés")), ("all", _("Tous"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> QuerySet[Case]:
        """Return the cases of the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Case.Status.OPEN)

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(
                remove=[self.parameter_name]
            ):
                choice = {**choice, "display": _("Ouverts")}
            yield choice


def _close(case: Case, order: Order) -> None:
    decide_case(
        case_id=case.pk,
        decision="closed",
        reason=order.reason,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


def _close_in(queue: str) -> Decision:
    return Decision(
        name=f"close-{queue}",
        label=str(_("Clore")),
        permission=case_permission(queue),
        run=_close,
        is_available=lambda case: (
            case.queue == queue and case.status == Case.Status.OPEN
        ),
        notice=str(_("Le dossier quitte la file. Le motif reste dans l’historique.")),
        shortcut="n",
    )


@admin.register(Case)
class CaseAdmin(LokaModelAdmin):
    """Cases of every queue; each queue has its own permission to decide."""

    list_display = (
        "title",
        "shown_queue",
        "kind",
        "subject",
        "shown_status",
        "opened_at",
    )
    list_filter = (StatusFilter, "queue", "kind")
    search_fields = ("subject", "title")
    ordering = ("opened_at", "id")
    fields = (
        "title",
        "queue",
        "kind",
        "subject",
        "status",
        "opened_at",
        "decision",
        "reason",
        "decided_by",
        "decided_at",
    )
    queue_filter = {"status": Case.Status.OPEN}
    decisions = tuple(_close_in(queue) for queue in Case.Queue.values)

    def preview(self, request: HttpRequest, row: Case) -> str:
        """Show the evidence as a table."""
        lines = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td></tr>',
            ((name, str(value)) for name, value in row.evidence.items()),
        )
        return format_html(
            "<table><caption>{}</caption><tbody>{}</tbody></table>",
            _("Éléments du dossier"),
            lines,
        )

    @display(description=_("File d’attente"), ordering="queue")
    def shown_queue(self, case: Case) -> str:
        """Return the queue's name."""
        return case.get_queue_display()

    @display(
        description=_("État"),
        ordering="status",
        label={"Ouvert": "warning", "Décidé": "success"},
    )
    def shown_status(self, case: Case) -> str:
        """Return the state's name."""
        return case.get_status_display()
