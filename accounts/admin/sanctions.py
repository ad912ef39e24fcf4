"""Sanctions: those that wait for a second person first, then every other one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.admin.links import people_links
from accounts.admin.sanction_forms import sms_preview
from accounts.models import Sanction, User
from accounts.queries.staff import is_same_human
from accounts.services.moderation.lifting import (
    ask_lift_of_sanction,
    awaits_asking,
    keep_sanction,
    lift_sanction,
)
from accounts.services.moderation.parties import has_conflict
from accounts.services.moderation.sanctions import (
    approve_sanction,
    refuse_sanction,
)
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.queues import WaitingFilter

SHOWN_BEFORE = 20
LIFT = "accounts.lift_sanction"
LIFT_AWAITED = _("Levée à confirmer")
REASONS_TO_APPROVE = ("Les faits sont établis et la mesure est juste.",)


class StatusFilter(WaitingFilter):
    """Sanctions that wait for a second person, unless asked otherwise."""

    waiting = Sanction.Status.PROPOSED
    waiting_label = _("Attendent une seconde personne")
    states = tuple(
        (status.value, status.label)
        for status in Sanction.Status
        if status is not Sanction.Status.PROPOSED
    )
    all_label = _("Toutes")


def _runs(service: Callable[..., Sanction]) -> Callable[[Any, Order], object]:
    def run(row: Sanction, order: Order) -> object:
        return service(
            sanction_id=row.pk,
            reason=order.reason,
            actor=User.objects.get(pk=order.actor_id),
            now=order.now,
        )

    return run


def _waits(row: Any) -> bool:
    return bool(row.status == Sanction.Status.PROPOSED)


def _can_be_lifted(row: Any) -> bool:
    return row.status == Sanction.Status.ACTIVE and not awaits_asking(row)


def _lift_is_asked(row: Any) -> bool:
    return row.status == Sanction.Status.ACTIVE and row.lift_asked_by_id is not None


@admin.register(Sanction)
class SanctionAdmin(LokaModelAdmin):
    """What was done to accounts, by whom, and until when."""

    list_title = "Sanctions"
    list_display = (
        "shown_person",
        "kind",
        "reason",
        "shown_status",
        "shown_end",
        "created_at",
    )
    list_filter = (StatusFilter, "kind", "reason")
    list_select_related = ("person",)
    search_fields = ("=person__id", "=id")
    search_help_text = _("Identifiant de la personne ou de la sanction")
    ordering = ("created_at", "id")
    queue_filter = {"status": Sanction.Status.PROPOSED}
    timeline_reasons = dict(Sanction.Reason.choices)
    fields = (
        "shown_person",
        "kind",
        "reason",
        "days",
        "status",
        "words",
        "decided_by",
        "second_by",
        "starts_at",
        "ends_at",
        "lift_asked_by",
        "lifted_at",
        "lifted_by",
        "lift_reason",
        "created_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="approve",
            label=str(_("Approuver")),
            permission="accounts.approve_sanction",
            run=_runs(approve_sanction),
            is_available=_waits,
            reasons=REASONS_TO_APPROVE,
            notice=str(
                _(
                    "La mesure commence maintenant, la personne en est avertie. Qui l’a "
                    "proposée ne peut pas l’approuver."
                )
            ),
            is_danger=True,
            shortcut="a",
        ),
        Decision(
            name="refuse",
            label=str(_("Ne pas approuver")),
            permission="accounts.approve_sanction",
            run=_runs(refuse_sanction),
            is_available=_waits,
            notice=str(_("La proposition est close ; la personne n’en sait rien.")),
            shortcut="r",
        ),
        Decision(
            name="withdraw",
            label=str(_("Retirer ma proposition")),
            permission="accounts.impose_sanction",
            run=_runs(refuse_sanction),
            is_available=_waits,
        ),
        Decision(
            name="lift",
            label=str(_("Lever la sanction")),
            permission=LIFT,
            run=_runs(lift_sanction),
            is_available=_can_be_lifted,
            notice=str(_("Le compte redevient libre, la personne en est avertie.")),
            shortcut="l",
        ),
        Decision(
            name="ask-lift",
            label=str(_("Demander la levée")),
            permission=LIFT,
            run=_runs(ask_lift_of_sanction),
            is_available=awaits_asking,
            notice=str(
                _(
                    "Deux personnes ont décidé : une autre que vous doit accepter la "
                    "levée. D’ici là, rien ne change."
                )
            ),
            shortcut="l",
        ),
        Decision(
            name="keep",
            label=str(_("Ne pas lever")),
            permission=LIFT,
            run=_runs(keep_sanction),
            is_available=_lift_is_asked,
            notice=str(_("La sanction continue ; la personne n’en sait rien.")),
        ),
    )

    def title_of(self, row: Sanction) -> str:
        """Return what it is and against whom."""
        return f"{row.get_kind_display()} — {row.person}"

    def decision_panel(self, request: HttpRequest, row: Sanction) -> Any:
        """Offer nothing to whoever may not decide: the page says why."""
        user: Any = request.user
        panel = super().decision_panel(request, row)
        is_mine = is_same_human(user.pk, row.decided_by_id)
        if is_same_human(user.pk, row.person_id) or (
            row.case and has_conflict(row.case, user.pk)
        ):
            return []
        refused = {"approve", "refuse"} if is_mine else {"withdraw"}
        if is_same_human(user.pk, row.lift_asked_by_id):
            refused.add("lift")
        return [item for item in panel if item["decision"].name not in refused]

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the sanction."""
        people = User.objects.get_queryset().filter(sanctions=pk)
        list(people.select_for_update(no_key=True, of=("self",)))

    def preview(self, request: HttpRequest, row: Sanction) -> str:
        """Show what the person reads, what they were told before, and the case."""
        ends = date_format(localtime(row.ends_at), "d/m/Y") if row.ends_at else ""
        if not ends and row.days:
            ends = str(_("[dans %s jours]") % row.days)
        before = Sanction.objects.filter(person=row.person_id).exclude(pk=row.pk)
        case_url = (
            reverse("admin:accounts_case_change", args=[row.case_id])
            if row.case_id
            else ""
        )
        context = {
            "sanction": row,
            "sms": sms_preview(row.kind, until=ends),
            "before": before.order_by("-id")[:SHOWN_BEFORE],
            "case_url": case_url,
            "is_mine": row.decided_by_id == request.user.pk and _waits(row),
            "appeals": row.appeals.order_by("-id"),
        }
        return render_to_string("admin/accounts/sanction_preview.html", context)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Join whom they are against and the case."""
        rows: Any = super().get_queryset(request)
        return rows.select_related("person", "case")

    def prepare(self, rows: Any) -> None:
        """Name the people of the page at once."""
        names = people_links({row.person_id for row in rows}, linked=False)
        for row in rows:
            row.person_initials = names[row.person_id]

    @display(description=_("Personne"))
    def shown_person(self, row: Any) -> str:
        """Return the initials, with a link on the page."""
        if hasattr(row, "person_initials"):
            return str(row.person_initials)
        return people_links([row.person_id], linked=True)[row.person_id]

    @display(description=_("Jusqu’au"), ordering="ends_at")
    def shown_end(self, row: Sanction) -> str:
        """Return its end, or how long it would last."""
        if row.ends_at is not None:
            return date_format(localtime(row.ends_at), "SHORT_DATETIME_FORMAT")
        if row.kind == Sanction.Kind.WARN:
            return ""
        return str(_("%s jours") % row.days) if row.days else str(_("sans fin"))

    @display(
        description=_("État"),
        ordering="status",
        label={
            "Attend une seconde personne": "warning",
            "En vigueur": "danger",
            "Levée à confirmer": "warning",
            "Non approuvée": "info",
            "Terminée": "success",
            "Levée": "success",
        },
    )
    def shown_status(self, row: Sanction) -> str:
        """Return the state's name, or that a second person is awaited for its end."""
        if _lift_is_asked(row):
            return str(LIFT_AWAITED)
        return row.get_status_display()


def _sanction_page(_case: Any, pk: Any) -> str:
    return reverse("admin:accounts_sanction_change", args=[pk])


register_case_view(
    "sanction",
    _sanction_page,
    label=str(_("Ouvrir la sanction")),
    permission="accounts.view_sanction",
)
