"""Demandes de réparation: read-only, but for a contested payer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.money import format_money
from properties.models import Ticket
from properties.queries.cards import picture
from properties.services.ticket_contests import contest_of, settle_contest

STATE_LABELS = {
    "Ouverte": "warning",
    "Payeur décidé": "info",
    "Travaux en cours": "info",
    "Réparée": "success",
}


class PayerForm(forms.Form):
    """Who pays in the end."""

    payer = forms.ChoiceField(label=_("Qui paie"), choices=Ticket.Payer.choices)


def _settle(row: Ticket, order: Order) -> None:
    settle_contest(
        ticket_id=row.pk,
        payer=order.choices["payer"],
        reason=order.reason,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


@admin.register(Ticket)
class TicketAdmin(LokaModelAdmin):
    """Maintenance tickets."""

    list_display = (
        "title",
        "category_slug",
        "shown_urgency",
        "shown_status",
        "tenant",
        "landlord",
        "created_at",
    )
    list_filter = (
        "status",
        "urgency",
        ("contested_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("tenant", "landlord")
    search_fields = ("=id", "=lease__id", "=tenant__id", "=landlord__id")
    search_help_text = _("Identifiant de la demande, du bail ou d’une personne")
    ordering = ("-id",)
    fields = (
        "title",
        "description",
        "category_slug",
        "shown_urgency",
        "shown_status",
        "lease",
        "tenant",
        "landlord",
        "opened_by",
        "payer",
        "decision_reason",
        "decided_at",
        "contest_reason",
        "contested_at",
        "work_ref",
        "shown_cost",
        "resolved_at",
        "close_reason",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="settle-payer",
            label="Dire qui paie",
            permission="accounts.decide_disputes_case",
            run=_settle,
            is_available=lambda row: (
                row.contested_at is not None and contest_of(row) is not None
            ),
            form=PayerForm,
            notice="Le dossier est décidé. Les deux parties voient qui paie et pourquoi.",
            shortcut="d",
        ),
    )

    def preview(self, request: HttpRequest, row: Ticket) -> str:
        """Return the photos of what is broken."""
        context = {"photos": [picture(photo) for photo in row.photos.all()]}
        return render_to_string("admin/properties/ticket_preview.html", context)

    @display(
        description=_("Urgence"),
        ordering="urgency",
        label={"Danger": "danger", "Urgente": "warning"},
    )
    def shown_urgency(self, row: Ticket) -> str:
        """Return how urgent it is."""
        return str(row.get_urgency_display())

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: Ticket) -> str:
        """Return the state's name."""
        return str(row.get_status_display())

    @display(description=_("Coût"), ordering="cost")
    def shown_cost(self, row: Any) -> str:
        """Return what the repair cost."""
        return format_money(row.cost_money) if row.cost_money else "—"


register_case_view(
    "ticket",
    lambda case, ticket_id: reverse("admin:properties_ticket_change", args=[ticket_id]),
    label="Voir la demande de réparation",
    permission="properties.view_ticket",
    decides=("ticket_payer",),
    names_of=lambda ids: dict(
        Ticket.objects.filter(pk__in=ids).values_list("pk", "title")
    ),
)
