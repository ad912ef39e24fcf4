"""Demandes de service, with the quotes that they were sent: read-only."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_text
from lokahome.core.admin.revealing import RevealingPage, is_revealed
from lokahome.core.money import Money, format_money
from marketplace.models import Quote, ServiceRequest
from properties.admin.addresses import address_reveal, coordinates

STATE_LABELS = {
    "Ouverte": "warning",
    "Attribuée": "info",
    "Terminée": "success",
    "Annulée": "danger",
    "Expirée": "danger",
}


def quote_lines(quote: Quote) -> list[dict[str, str]]:
    """Return the lines of *quote* in words."""
    return [
        {
            "kind": str(line.get_kind_display()),
            "label": line.label,
            "amount": format_money(Money(line.amount, quote.currency)),
        }
        for line in quote.lines.all()
    ]


@admin.register(ServiceRequest)
class ServiceRequestAdmin(RevealingPage, LokaModelAdmin):
    """Requests for services; where exactly is masked."""

    timeline_noun = "service_request"
    list_display = (
        "title",
        "category",
        "division",
        "shown_status",
        "requester",
        "wanted_on",
        "created_at",
    )
    list_filter = ("status",)
    list_select_related = ("category", "division", "requester")
    search_fields = ("=id", "=requester__id", "=ticket__id")
    search_help_text = _("Identifiant de la demande ou d’une personne")
    ordering = ("-id",)
    fields = (
        "title",
        "description",
        "category",
        "shown_status",
        "requester",
        "occupant",
        "ticket",
        "unit",
        "division",
        "landmark",
        "shown_directions",
        "shown_point",
        "wanted_on",
        "expires_at",
        "ended_at",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        address_reveal(
            "marketplace.decide_job_dispute", whose=lambda row: row.requester_id
        ),
    )

    def preview(self, request: HttpRequest, row: ServiceRequest) -> str:
        """Return the quotes, the newest first, each with its lines."""
        quotes = row.quotes.select_related("provider__provider_profile")
        context = {
            "quotes": [
                {
                    "row": quote,
                    "total": format_money(quote.money),
                    "lines": quote_lines(quote),
                }
                for quote in quotes.prefetch_related("lines").order_by("-id")
            ]
        }
        return render_to_string("admin/marketplace/request_preview.html", context)

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: ServiceRequest) -> str:
        """Return the state's name."""
        return str(row.get_status_display())

    @display(description=_("Chemin"))
    def shown_directions(self, row: ServiceRequest) -> str:
        """Return how to walk there, to who said why."""
        return row.directions if is_revealed(row) else masked_text(row.directions)

    @display(description=_("Point exact"))
    def shown_point(self, row: ServiceRequest) -> str:
        """Return the exact point, to who said why."""
        point = coordinates(row.point)
        return point if is_revealed(row) else masked_text(point)
