"""Mandats: who entrusted what to whom, the signed paper on record, and an end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.decorators import display

from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_name
from lokahome.core.errors import NotAllowed, NotFound
from properties.models import MANDATE_STATES, Mandate
from properties.policies import DECIDE_MANDATES
from properties.services.mandate_ends import (
    BY_DATE,
    GONE,
    WITH_AGENCY,
    end_mandate_by_staff,
)
from properties.services.mandate_proofs import open_proof, sign_proof_look

REASONS_TO_END = (
    "Le mandat signé n’est pas lisible ou n’est pas signé.",
    "Le mandat signé ne parle pas de ce logement.",
    "Les honoraires du papier ne sont pas ceux du mandat.",
    "Le propriétaire conteste avoir signé.",
)
PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",
    "X-Robots-Tag": "noindex, nofollow",
}


def _end(mandate: Mandate, order: Order) -> None:
    end_mandate_by_staff(
        mandate_id=mandate.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
    )


@admin.register(Mandate)
class MandateAdmin(LokaModelAdmin):
    """Mandates, the newest first."""

    timeline_deeds = {
        "mandate.proposed": _("Mandat proposé"),
        "mandate.accepted": _("Mandat accepté"),
        "mandate.declined": _("Mandat refusé"),
        "mandate.ended": _("Mandat terminé"),
        "mandate.listing_entrusted": _("Annonce confiée"),
        "mandate.listing_kept": _("Annonce reprise"),
        "mandate.proof_viewed": _("Papier consulté"),
    }
    timeline_reasons = {
        BY_DATE: _("Échéance passée"),
        WITH_AGENCY: _("Agence fermée"),
        GONE: _("Compte du propriétaire effacé"),
    }
    list_display = (
        "unit",
        "agency",
        "shown_landlord",
        "shown_fee",
        "shown_status",
        "starts_on",
        "expires_on",
    )
    list_filter = ("status", "includes_listing")
    search_fields = ("=id", "=unit__id", "=landlord__id", "agency__name")
    search_help_text = _("Nom de l’agence, ou identifiant du logement, d’une personne")
    ordering = ("-id",)
    fields = (
        "unit",
        "agency",
        "shown_landlord",
        "shown_fee",
        "rules_version",
        "includes_listing",
        "shown_status",
        "starts_on",
        "expires_on",
        "accepted_at",
        "ended_at",
        "shown_end_reason",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="end",
            label="Mettre fin au mandat",
            permission=DECIDE_MANDATES,
            run=_end,
            is_available=lambda row: (
                "end" in MANDATE_STATES.allowed_actions(row.status, {"staff"})
            ),
            reasons=REASONS_TO_END,
            notice="L’agence ne voit plus le logement. Les deux parties lisent votre "
            "motif et peuvent signer un autre mandat.",
            is_danger=True,
            shortcut="f",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the way to the paper."""
        view = self.admin_site.admin_view(require_safe(self.proof_view))
        name = "properties_mandate_proof"
        return [path("proof/<str:token>", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mandate]:
        """Join what it binds."""
        rows: QuerySet[Mandate] = super().get_queryset(request)
        return rows.select_related("unit", "agency", "landlord")

    def title_of(self, row: Mandate) -> str:
        """Return what is entrusted to whom."""
        return f"{row.unit} — {row.agency}"

    def preview(self, request: HttpRequest, row: Mandate) -> str:
        """Show the way to the paper, for who may decide."""
        reader: Any = request.user
        try:
            token = sign_proof_look(mandate=row, reader=reader)
        except NotAllowed:
            return ""
        link = reverse("admin:properties_mandate_proof", args=[token])
        return render_to_string("admin/properties/mandate_preview.html", {"link": link})

    def proof_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Send the paper to the reader whose link it is; each look is on record."""
        reader: Any = request.user
        try:
            content = open_proof(token=token, reader=reader)
        except (NotFound, NotAllowed):
            text = _now("Ce lien n’est plus valable : rechargez la page du mandat.")
            return HttpResponse(
                text, status=404, content_type="text/plain", headers=PRIVATE
            )
        return HttpResponse(content, content_type="image/jpeg", headers=PRIVATE)

    @display(description=_("Propriétaire"))
    def shown_landlord(self, row: Mandate) -> str:
        """Return the landlord's initials."""
        return masked_name(row.landlord.full_name)

    @display(description=_("Honoraires"), ordering="fee_bps")
    def shown_fee(self, row: Mandate) -> str:
        """Return the fee as people write it: « 8,5 % »."""
        whole, rest = divmod(row.fee_bps, 100)
        decimals = f",{rest:02d}".rstrip("0") if rest else ""
        return f"{whole}{decimals} %"

    @display(description=_("Motif de la fin"))
    def shown_end_reason(self, row: Mandate) -> str:
        """Return the reason in words."""
        return str(self.timeline_reasons.get(row.end_reason, row.end_reason))

    @display(
        description=_("État"),
        ordering="status",
        label={"Proposé": "warning", "En cours": "success"},
    )
    def shown_status(self, row: Mandate) -> str:
        """Return the state's name."""
        return str(row.get_status_display())
