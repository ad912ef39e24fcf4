"""Demandes sur les données: erasures against the law's clock, copies, consents."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.searching import PersonSearch
from accounts.models import Consent, DataExport, ErasureRequest, User
from accounts.policies.people import DECIDE_ERASURES
from accounts.services.privacy.erasure import (
    ANSWERED_WITHIN,
    WARNED_AFTER,
    refuse_erasure,
)
from lokahome.core import clock
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_name
from lokahome.core.admin.queues import WaitingFilter
from lokahome.core.privacy.erasing import plan_of
from lokahome.core.privacy.obstacles import obstacle_title

LATE, SOON, CALM = "en retard", "à traiter", "dans les temps"
DEEDS = {"delete": _("supprimé"), "empty": _("vidé"), "keep": _("conservé")}


class OpenFilter(WaitingFilter):
    """Requests that were not answered yet, unless asked otherwise."""

    waiting = "open"
    waiting_label = _("Sans réponse")
    states = tuple(ErasureRequest.Status.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ErasureRequest]
    ) -> QuerySet[ErasureRequest]:
        """Take the three open states as one."""
        if self.value() is None:
            return queryset.filter(status__in=ErasureRequest.OPEN_STATES)
        rows: QuerySet[ErasureRequest] = super().queryset(request, queryset)
        return rows


class OfPerson(PersonSearch, LokaModelAdmin):
    """Pages of rows that are about one person, named by initials."""

    list_select_related = ("user",)
    ordering: tuple[str, ...] = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Join whose they are, on the page too."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("user")

    @display(description=_("Personne"))
    def shown_person(self, row: Any) -> SafeString:
        """Return initials, which lead to the person's page."""
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:accounts_user_change", args=[row.user_id]),
            masked_name(row.user.full_name),
        )


def _refuse(request: ErasureRequest, order: Order) -> None:
    refuse_erasure(
        request_id=request.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
    )


@admin.register(ErasureRequest)
class ErasureRequestAdmin(OfPerson):
    """Who asked to be forgotten, the day of the clock, and what an erasure would do."""

    timeline_deeds = {
        "erasure.asked": _("Demandé"),
        "erasure.cancelled": _("Annulé par la personne"),
        "erasure.refused": _("Refusé"),
        "erasure.erased": _("Données effacées"),
    }
    list_display = (
        "shown_person",
        "status",
        "shown_clock",
        "shown_day",
        "shown_obstacles",
        "due_at",
    )
    list_filter = (OpenFilter,)
    ordering = ("created_at", "id")
    fields = (
        "shown_person",
        "status",
        "shown_clock",
        "shown_day",
        "shown_obstacles",
        "checked_at",
        "due_at",
        "reason",
        "created_at",
        "ended_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="refuse",
            label="Refuser",
            permission=DECIDE_ERASURES,
            run=_refuse,
            is_available=lambda row: row.status in ("requested", "scheduled"),
            reasons=(
                "Nous n’avons pas pu vérifier que la demande vient de vous.",
                "La loi nous oblige à garder ces données ; voici lesquelles et combien"
                " de temps :",
            ),
            notice=(
                "La personne lit ce motif, et peut redemander ou saisir l’APDP. Un"
                " obstacle n’est pas un motif : la demande l’attend."
            ),
            is_danger=True,
            shortcut="r",
        ),
    )

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the request."""
        whose = ErasureRequest.objects.filter(pk=pk).values("user_id")
        people = User.objects.get_queryset().filter(pk__in=whose)
        list(people.select_for_update(no_key=True, of=("self",)))

    def title_of(self, row: ErasureRequest) -> str:
        """Return how the request stands."""
        return f"Effacement — {row.get_status_display()}"

    def preview(self, request: HttpRequest, row: ErasureRequest) -> str:
        """Show what an erasure would do now, table by table; nothing is changed."""
        if row.status not in ErasureRequest.OPEN_STATES:
            return ""
        plan = [
            {
                "table": item.model,
                "role": item.role,
                "deed": DEEDS[item.deed],
                "rows": item.rows,
                "files": item.files,
                "columns": ", ".join(item.columns),
                "kept": item.kept,
            }
            for item in plan_of(row.user_id)
        ]
        return render_to_string("admin/accounts/erasure_preview.html", {"plan": plan})

    @display(
        description=_("Délai de la loi"),
        label={LATE: "danger", SOON: "warning", CALM: "success"},
    )
    def shown_clock(self, row: ErasureRequest) -> str:
        """Return whether the 45 days are kept; a warning from day 30."""
        age = (row.ended_at or clock.now()) - row.created_at
        if age > ANSWERED_WITHIN:
            return LATE
        return SOON if row.ended_at is None and age > WARNED_AFTER else CALM

    @display(description=_("Jour"), ordering="created_at")
    def shown_day(self, row: ErasureRequest) -> str:
        """Return the day of the clock."""
        age = (row.ended_at or clock.now()) - row.created_at
        return f"{age.days} / {ANSWERED_WITHIN.days}"

    @display(description=_("Obstacles"))
    def shown_obstacles(self, row: ErasureRequest) -> str:
        """Return what stood in the way when it was last looked at."""
        return " ".join(obstacle_title(code) for code in row.obstacles) or "—"


@admin.register(DataExport)
class DataExportAdmin(OfPerson):
    """Copies that were asked for. Nobody here can open one; downloads are on record."""

    timeline_deeds = {
        "export.asked": _("Copie demandée"),
        "export.downloaded": _("Copie téléchargée"),
    }
    list_display = (
        "shown_person",
        "status",
        "size_bytes",
        "created_at",
        "ready_at",
        "expires_at",
    )
    list_filter = ("status",)
    fields = list_display
    readonly_fields = fields

    def title_of(self, row: DataExport) -> str:
        """Return how the copy stands."""
        return f"Copie — {row.get_status_display()}"


@admin.register(Consent)
class ConsentAdmin(OfPerson):
    """The ledger of consents: every word given and taken back, with its text's version."""

    list_display = (
        "shown_person",
        "purpose",
        "text_version",
        "is_granted",
        "source",
        "created_at",
    )
    list_filter = ("purpose", "is_granted", "source")
    fields = list_display
    readonly_fields = fields

    def title_of(self, row: Consent) -> str:
        """Return what it is about."""
        return f"Consentement — {row.purpose} {row.text_version}"
