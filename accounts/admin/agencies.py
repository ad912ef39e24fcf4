"""Agences: files to check, who belongs to them; and their members, read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.links import may_see_people, people_links
from accounts.models import AGENCY_STATES, Agency, AgencyInvitation, Membership, User
from accounts.policies.agencies import DECIDE_AGENCIES
from accounts.services.agencies.agencies import activate_agency, suspend_agency
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_name
from lokahome.core.admin.queues import WaitingFilter

REASONS_TO_ACTIVATE = (
    "Les numéros IFU et RCCM sont ceux de l’agence.",
    "Le registre du commerce et la DGI confirment l’agence.",
)
REASONS_TO_SUSPEND = (
    "Le numéro IFU ou RCCM n’est pas celui de l’agence.",
    "L’agence travaille sans mandat écrit du propriétaire.",
    "L’agence demande des honoraires au-dessus du plafond légal.",
    "L’agence ne répond plus à nos messages.",
)


class StatusFilter(WaitingFilter):
    """Files that wait for staff, unless asked otherwise."""

    waiting = Agency.Status.DRAFT
    waiting_label = _("Dossiers à vérifier")
    states = tuple(
        (status.value, status.label)
        for status in Agency.Status
        if status is not Agency.Status.DRAFT
    )
    all_label = _("Toutes")


def _activate(agency: Agency, order: Order) -> None:
    activate_agency(
        agency_id=agency.pk,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


def _suspend(agency: Agency, order: Order) -> None:
    suspend_agency(
        agency_id=agency.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
    )


def _permits(action: str, *sources: str) -> Callable[[Any], bool]:
    return lambda agency: (
        agency.status in sources
        and action in AGENCY_STATES.allowed_actions(agency.status, {"staff"})
    )


@admin.register(Agency)
class AgencyAdmin(LokaModelAdmin):
    """Agencies; files that wait come first."""

    timeline_deeds = {
        "agency.opened": _("Dossier ouvert"),
        "agency.changed": _("Dossier modifié"),
        "agency.closed": _("Agence fermée"),
        "agency.member_invited": _("Membre invité"),
        "agency.invitation_withdrawn": _("Invitation retirée"),
        "agency.invitation_refused": _("Invitation refusée"),
        "agency.member_joined": _("Membre arrivé"),
        "agency.member_role_changed": _("Rôle d’un membre changé"),
        "agency.member_removed": _("Membre parti"),
    }
    list_display = (
        "name",
        "ifu",
        "rccm",
        "shown_status",
        "shown_members",
        "created_at",
    )
    list_filter = (StatusFilter,)
    search_fields = ("name", "=ifu", "=rccm", "=id")
    search_help_text = _("Nom, IFU, RCCM ou identifiant")
    ordering = ("created_at", "id")
    queue_filter = {"status": Agency.Status.DRAFT}
    fields = (
        "name",
        "ifu",
        "rccm",
        "shown_status",
        "status_reason",
        "shown_founder",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="activate",
            label="Valider le dossier",
            permission=DECIDE_AGENCIES,
            run=_activate,
            is_available=_permits("activate", Agency.Status.DRAFT),
            reasons=REASONS_TO_ACTIVATE,
            notice="L’agence peut recevoir des mandats. Ses responsables sont prévenus.",
            shortcut="a",
        ),
        Decision(
            name="suspend",
            label="Suspendre",
            permission=DECIDE_AGENCIES,
            run=_suspend,
            is_available=_permits("suspend", Agency.Status.ACTIVE),
            reasons=REASONS_TO_SUSPEND,
            notice="Personne n’agit plus au nom de l’agence ; ses annonces reviennent aux "
            "propriétaires, qui sont prévenus. Ses responsables lisent votre motif.",
            is_danger=True,
            shortcut="s",
        ),
        Decision(
            name="restore",
            label="Rétablir",
            permission=DECIDE_AGENCIES,
            run=_activate,
            is_available=_permits("activate", Agency.Status.SUSPENDED),
            notice="L’agence travaille de nouveau sous ses mandats et reprend les annonces "
            "qu’elle suivait. Ses responsables et les propriétaires sont prévenus.",
            shortcut="r",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agency]:
        """Count the members of today."""
        rows: QuerySet[Agency] = super().get_queryset(request)
        active = Q(memberships__status=Membership.Status.ACTIVE)
        return rows.select_related("created_by").annotate(
            member_count=Count("memberships", filter=active)
        )

    def preview(self, request: HttpRequest, row: Agency) -> str:
        """Show who belongs to it, and whom it invited."""
        members = list(
            Membership.objects.filter(agency=row).order_by("status", "id")[:50]
        )
        names = people_links(
            {member.user_id for member in members}, linked=may_see_people(request)
        )
        invitations = AgencyInvitation.objects.filter(agency=row).order_by("-id")
        context = {
            "members": [(member, names[member.user_id]) for member in members],
            "invitations": invitations[:10],
        }
        return render_to_string("admin/accounts/agency_preview.html", context)

    @display(description=_("Membres"), ordering="member_count")
    def shown_members(self, agency: Any) -> int:
        """Return how many belong to it now."""
        return int(agency.member_count)

    @display(description=_("Ouvert par"))
    def shown_founder(self, agency: Agency) -> str:
        """Return the founder's initials."""
        return masked_name(agency.created_by.full_name)

    @display(
        description=_("État"),
        ordering="status",
        label={
            "Dossier à vérifier": "warning",
            "Active": "success",
            "Suspendue": "danger",
        },
    )
    def shown_status(self, agency: Agency) -> str:
        """Return the state's name."""
        return str(agency.get_status_display())


@admin.register(Membership)
class MembershipAdmin(LokaModelAdmin):
    """Who belongs to which agency, and who did."""

    list_title = "Membres des agences"
    list_display = ("shown_person", "agency", "role", "shown_status", "created_at")
    list_filter = ("status", "role")
    list_select_related = ("agency", "user")
    search_fields = ("agency__name", "=agency__id", "=user__id")
    search_help_text = _("Nom de l’agence, identifiant de l’agence ou de la personne")
    ordering = ("-id",)
    fields = (
        "shown_person",
        "agency",
        "role",
        "shown_status",
        "created_at",
        "removed_at",
    )
    readonly_fields = fields

    def title_of(self, row: Membership) -> str:
        """Return who belongs to what."""
        return f"{masked_name(row.user.full_name)} — {row.agency}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Join whom and what it binds."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("agency", "user")

    @display(description=_("Personne"))
    def shown_person(self, member: Membership) -> str:
        """Return the person's initials."""
        return masked_name(member.user.full_name)

    @display(description=_("État"), ordering="status", label={"Membre": "success"})
    def shown_status(self, member: Membership) -> str:
        """Return the state's name."""
        return str(member.get_status_display())
