"""Avis: read-only, but for hiding one."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from marketplace.models import Review
from marketplace.services.reviews import withhold_review


def _withhold(row: Review, order: Order) -> None:
    withhold_review(
        review_id=row.pk, actor_id=order.actor_id, reason=order.reason, now=order.now
    )


@admin.register(Review)
class ReviewAdmin(LokaModelAdmin):
    """Reviews; those that wait for the other party's are seen here only."""

    timeline_deeds = {"review.withheld": _("Avis masqué")}

    list_display = (
        "rating",
        "author_role",
        "author",
        "about",
        "shown_state",
        "created_at",
    )
    list_filter = (
        "rating",
        "author_role",
        ("revealed_at", admin.EmptyFieldListFilter),
        ("withheld_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("author", "about")
    search_fields = ("=id", "=job__id", "=author__id", "=about__id")
    search_help_text = _("Identifiant de l’avis, de la prestation ou d’une personne")
    ordering = ("-id",)
    fields = (
        "rating",
        "text",
        "author_role",
        "author",
        "about",
        "job",
        "shown_state",
        "revealed_at",
        "withheld_at",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="withhold",
            label="Masquer",
            permission="accounts.decide_reports_case",
            run=_withhold,
            is_available=lambda row: row.withheld_at is None,
            notice="Seul son auteur le lit encore ; sa note ne compte plus.",
            is_danger=True,
            shortcut="m",
        ),
    )

    def title_of(self, row: Review) -> str:
        """Return the rating and who was rated."""
        return f"{row.rating} / 5 — {row.about}"

    @display(
        description=_("État"),
        label={"Publié": "success", "En attente": "info", "Masqué": "danger"},
    )
    def shown_state(self, row: Review) -> str:
        """Return who reads it: everybody, nobody yet, or nobody any more."""
        if row.withheld_at is not None:
            return "Masqué"
        return "En attente" if row.revealed_at is None else "Publié"


register_case_view(
    "review",
    lambda case, review_id: reverse(
        "admin:marketplace_review_change", args=[review_id]
    ),
    label="Voir l’avis",
    permission="marketplace.view_review",
)
