"""Prestations, and the decision of those in dispute."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.money import Money, format_money
from marketplace.admin.requests import quote_lines
from marketplace.models import Job
from marketplace.models.quotes import MOST_TOTAL
from marketplace.services.disputes import PERMISSION, decide_dispute
from properties.queries.cards import picture

STATE_LABELS = {
    "Acceptée": "warning",
    "Financée": "info",
    "Commencée": "info",
    "Livrée": "info",
    "Approuvée": "success",
    "Terminée": "success",
    "En litige": "danger",
    "Annulée": "danger",
}
REASONS = (
    "Les photos montrent un travail terminé : le prix est dû.",
    "Le travail n’a pas été fait : tout est rendu.",
    "Une partie du travail est à refaire : le prix est partagé.",
)


class SplitForm(forms.Form):
    """How much goes back to who paid; the provider earns the rest."""

    to_customer = forms.IntegerField(
        label=_("Montant rendu à qui a payé (F CFA)"),
        min_value=0,
        max_value=MOST_TOTAL,
    )


def _facts(request: HttpRequest, row: Job) -> list[tuple[str, str]]:
    """Return the dispute, and the pages that this member of staff may go on to."""
    user: Any = request.user
    pages = (
        (
            "case_id",
            "accounts_case",
            "accounts.view_case",
            _("Litige sur une prestation"),
        ),
        (
            "escrow_id",
            "payments_escrow",
            "payments.view_escrow",
            _("Ouvrir le séquestre"),
        ),
        ("charge_id", "payments_charge", "payments.view_charge", _("Voir le paiement")),
    )
    links: list[tuple[str, str]] = [
        (
            _label(name),
            format_html(
                '<a href="{}">{}</a>',
                reverse(f"admin:{page}_change", args=[getattr(row, name)]),
                text,
            ),
        )
        for name, page, permission, text in pages
        if getattr(row, name) and user.has_perm(permission)
    ]
    if not row.disputed_at:
        return links
    return [
        (_label("disputed_by"), str(row.get_disputed_by_display())),
        (_label("dispute_reason"), row.dispute_reason),
        *links,
    ]


def _label(name: str) -> str:
    field: Any = Job._meta.get_field(name)
    return str(capfirst(field.verbose_name))


def _decide(row: Job, order: Order) -> None:
    decide_dispute(
        job_id=row.pk,
        to_customer=Money(order.choices["to_customer"], row.currency),
        reason=order.reason,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


@admin.register(Job)
class JobAdmin(LokaModelAdmin):
    """Jobs. Their codes are not here, nor anywhere."""

    timeline_deeds = {
        "job.code_renewed": _("Code renouvelé"),
        "job.dispute_decided": _("Litige tranché"),
    }

    list_display = (
        "shown_title",
        "shown_amount",
        "shown_status",
        "customer",
        "provider",
        "scheduled_at",
        "disputed_at",
        "created_at",
    )
    list_filter = ("status", ("disputed_at", admin.EmptyFieldListFilter))
    list_select_related = ("request", "customer", "provider")
    search_fields = ("=id", "=customer__id", "=provider__id", "=request__id")
    search_help_text = _(
        "Identifiant de la prestation, de la demande ou d’une personne"
    )
    ordering = ("-id",)
    fields = (
        "shown_title",
        "request",
        "shown_status",
        "shown_amount",
        "customer",
        "occupant",
        "provider",
        "scheduled_at",
        "funded_at",
        "started_at",
        "delivered_at",
        "approved_at",
        "is_approved_by_silence",
        "disputed_at",
        "cancelled_by",
        "ended_reason",
        "shown_refund",
        "ended_at",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="decide-dispute",
            label="Trancher le litige",
            permission=PERMISSION,
            run=_decide,
            is_available=lambda row: (
                row.status == Job.Status.DISPUTED and row.to_customer is None
            ),
            reasons=REASONS,
            form=SplitForm,
            notice=(
                "Le prix retenu est partagé au franc : ce montant est rendu, le reste "
                "revient au prestataire. Les deux parties sont prévenues, le dossier "
                "est décidé."
            ),
            is_danger=True,
            shortcut="d",
        ),
    )

    def preview(self, request: HttpRequest, row: Job) -> str:
        """Return the accepted quote and the pictures of the work."""
        photos = row.photos.all()
        context = {
            "facts": _facts(request, row),
            "lines": quote_lines(row.quote),
            "total": format_money(row.money),
            "moments": [
                (label, [picture(item) for item in photos if item.moment == moment])
                for moment, label in (
                    ("start", _("Au début")),
                    ("finish", _("À la fin")),
                )
            ],
        }
        return render_to_string("admin/marketplace/job_preview.html", context)

    def title_of(self, row: Job) -> str:
        """Return what the job is about."""
        return str(row.request.title)

    @display(description=_("Prestation"), ordering="request__title")
    def shown_title(self, row: Job) -> str:
        """Return what was asked."""
        return str(row.request.title)

    @display(description=_("Prix"), ordering="amount")
    def shown_amount(self, row: Job) -> str:
        """Return the price as people write it."""
        return format_money(row.money)

    @display(description=_("Rendu"), ordering="to_customer")
    def shown_refund(self, row: Job) -> str:
        """Return what went back of the price."""
        if row.to_customer is None:
            return "—"
        return format_money(Money(row.to_customer, row.currency))

    @display(description=_("État"), ordering="status", label=STATE_LABELS)
    def shown_status(self, row: Job) -> str:
        """Return the state's name."""
        return str(row.get_status_display())


register_case_view(
    "job",
    lambda case, job_id: reverse("admin:marketplace_job_change", args=[job_id]),
    label="Voir la prestation",
    permission="marketplace.view_job",
    decides=("job_dispute",),
    names_of=lambda ids: dict(
        Job.objects.filter(pk__in=ids).values_list("pk", "request__title")
    ),
)
