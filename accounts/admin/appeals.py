"""Recours: what somebody says against a decision, for a member of staff who did not take it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import case_link, register_case_view
from accounts.admin.links import people_links
from accounts.admin.sanction_forms import MilderForm
from accounts.models import Appeal, Sanction, User
from accounts.policies.moderation import case_permission
from accounts.queries.staff import is_same_human
from accounts.services.moderation.appeals import (
    KIND,
    modify_appeal,
    overturn_appeal,
    uphold_appeal,
)
from accounts.services.moderation.parties import has_conflict
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.queues import WaitingFilter

PERMISSION = case_permission("appeals")


class StatusFilter(WaitingFilter):
    """Appeals that wait for an answer, unless asked otherwise."""

    waiting = Appeal.Status.OPEN
    waiting_label = _("À examiner")
    states = tuple(
        (status.value, status.label)
        for status in Appeal.Status
        if status is not Appeal.Status.OPEN
    )


def _told(row: Appeal, order: Order) -> dict[str, Any]:
    return {
        "appeal_id": row.pk,
        "answer": order.reason,
        "actor": User.objects.get(pk=order.actor_id),
        "now": order.now,
    }


def _uphold(row: Appeal, order: Order) -> object:
    return uphold_appeal(**_told(row, order))


def _overturn(row: Appeal, order: Order) -> object:
    return overturn_appeal(**_told(row, order))


def _modify(row: Appeal, order: Order) -> object:
    return modify_appeal(**_told(row, order), **order.choices)


def _waits(row: Any) -> bool:
    return bool(row.status == Appeal.Status.OPEN)


def _can_be_reduced(row: Any) -> bool:
    sanction = row.sanction
    return (
        _waits(row)
        and sanction is not None
        and sanction.status == Sanction.Status.ACTIVE
        and sanction.kind != Sanction.Kind.WARN
    )


@admin.register(Appeal)
class AppealAdmin(LokaModelAdmin):
    """Appeals, the oldest first; the first deciders see them and decide nothing."""

    list_title = "Recours"
    list_display = ("shown_person", "shown_about", "shown_status", "created_at")
    list_filter = (StatusFilter,)
    search_fields = ("=person__id", "=id")
    search_help_text = _("Identifiant de la personne ou du recours")
    ordering = ("created_at", "id")
    queue_filter = {"status": Appeal.Status.OPEN}
    fields = (
        "shown_person",
        "shown_about",
        "status",
        "created_at",
        "first_decider",
        "first_second",
        "answer",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="uphold",
            label=str(_("Confirmer la décision")),
            permission=PERMISSION,
            run=_uphold,
            is_available=_waits,
            notice=str(_("Rien ne change. La personne lit votre motif.")),
            shortcut="k",
        ),
        Decision(
            name="overturn",
            label=str(_("Annuler la décision")),
            permission=PERMISSION,
            run=_overturn,
            is_available=_waits,
            notice=str(
                _(
                    "La sanction est levée ou le contenu rétabli. La personne lit le motif."
                )
            ),
            shortcut="u",
        ),
        Decision(
            name="modify",
            label=str(_("Alléger la sanction")),
            permission=PERMISSION,
            run=_modify,
            is_available=_can_be_reduced,
            form=MilderForm,
            notice=str(
                _(
                    "La sanction est levée et remplacée par une plus légère, qui porte "
                    "votre nom à côté du premier. La personne lit le motif et le texte."
                )
            ),
            shortcut="e",
        ),
    )

    def title_of(self, row: Appeal) -> str:
        """Return against what it is."""
        return str(_("Recours contre : %s") % _about(row))

    def decision_panel(self, request: HttpRequest, row: Appeal) -> Any:
        """Offer nothing to whoever decided first, appeals, or reported the matter."""
        user: Any = request.user
        case = row.case or (row.sanction.case if row.sanction else None)
        if is_same_human(user.pk, *_not_these(row)) or (
            case is not None and has_conflict(case, user.pk)
        ):
            return []
        return super().decision_panel(request, row)

    def lock_first(self, pk: Any) -> None:
        """Lock the person, then the sanction, as every service does before the appeal."""
        people = User.objects.get_queryset().filter(appeals=pk)
        list(people.select_for_update(no_key=True, of=("self",)))
        sanctions = Sanction.objects.filter(appeals=pk)
        list(sanctions.select_for_update(no_key=True, of=("self",)))

    def preview(self, request: HttpRequest, row: Appeal) -> str:
        """Show what the person says, what was decided and why."""
        user: Any = request.user
        address = ""
        if row.sanction_id and user.has_perm("accounts.view_sanction"):
            address = reverse("admin:accounts_sanction_change", args=[row.sanction_id])
        elif row.case_id:
            address = reverse("admin:accounts_case_change", args=[row.case_id])
        context = {
            "appeal": row,
            "address": address,
            "thing": case_link(request, row.case) if row.case else None,
            "is_first_decider": is_same_human(user.pk, *_not_these(row)),
        }
        return render_to_string("admin/accounts/appeal_preview.html", context)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Join what was decided."""
        rows: Any = super().get_queryset(request)
        return rows.select_related("sanction__case", "case")

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

    @display(description=_("Décision contestée"))
    def shown_about(self, row: Appeal) -> str:
        """Return what was decided."""
        return _about(row)

    @display(
        description=_("État"),
        ordering="status",
        label={
            "À examiner": "warning",
            "Décision confirmée": "info",
            "Décision annulée": "success",
            "Décision modifiée": "success",
        },
    )
    def shown_status(self, row: Appeal) -> str:
        """Return the state's name."""
        return row.get_status_display()


def _about(row: Appeal) -> str:
    return str(row.sanction or row.case)


def _not_these(row: Appeal) -> set[Any]:
    return {row.first_decider_id, row.first_second_id, row.person_id} - {None}


def _appeal_page(_case: Any, pk: Any) -> str:
    return reverse("admin:accounts_appeal_change", args=[pk])


register_case_view(
    "appeal",
    _appeal_page,
    label=str(_("Ouvrir le recours")),
    permission="accounts.view_appeal",
    decides=(KIND,),
    names_of=lambda ids: {
        row.pk: _about(row)
        for row in Appeal.objects.filter(pk__in=ids).select_related("sanction", "case")
    },
)
