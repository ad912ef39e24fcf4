"""The staff's private accounts, and what was done to the accounts of the staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_deciding import actor_of
from accounts.admin.door.pages import draw
from accounts.admin.links import people_links
from accounts.admin.staff_deciding import PERMISSION
from accounts.models import StaffChange, StaffLink, User
from accounts.queries.staff import is_same_human
from accounts.services.staff.links import confirm_link, end_link
from accounts.services.staff.members import (
    Changed,
    approve_staff_change,
    refuse_staff_change,
)
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision


class ShowsPassword:
    """Adds to a page of decisions: the password that one of them made, shown once."""

    def answer(
        self, request: HttpRequest, pk: Any, decision: Decision, result: object
    ) -> HttpResponse:
        """Draw the password instead of going on; say when a second person is asked."""
        if isinstance(result, Changed) and result.password:
            context = {
                "title": decision.label,
                "handle": result.change.person.username,
                "password": result.password,
            }
            return draw(request, "new_password.html", context)
        if isinstance(result, Changed) and result.change.status == "proposed":
            messages.warning(request, _("Un second responsable doit approuver."))
        base: Any = super()
        answer: HttpResponse = base.answer(request, pk, decision, result)
        return answer


class LeadersOnly(LokaModelAdmin):
    """Pages that whoever leads the staff opens, and nobody else who looks at people."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the right to change the staff."""
        user: Any = request.user
        return bool(user.has_perm(PERMISSION))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Ask for the same."""
        return self.has_view_permission(request)

    def title_of(self, row: Any) -> str:
        """Return what it is, and of whom by their handle."""
        return f"{self.opts.verbose_name} — {self.colleague(row).username}"

    def colleague(self, row: Any) -> User:
        """Return whose account of the staff it is about."""
        person: User = row.person
        return person

    def lock_first(self, pk: Any) -> None:
        """Lock the colleague, as every service does before the row."""
        row = self.model._default_manager.filter(pk=pk).first()
        if row is not None:
            people = User.objects.get_queryset().filter(pk=self.colleague(row).pk)
            list(people.select_for_update(no_key=True, of=("self",)))


@admin.register(StaffLink)
class StaffLinkAdmin(LeadersOnly):
    """Which accounts are one human's: declared by one, checked by another."""

    list_display = ("shown_staff", "shown_person", "status", "declared_at")
    list_filter = ("status",)
    list_select_related = (
        *("staff", "declared_by", "confirmed_by"),
        *("end_asked_by", "ended_by"),
    )
    ordering = ("-id",)
    fields = (
        "shown_staff",
        "shown_person",
        "status",
        "declared_at",
        "declared_by",
        "confirmed_at",
        "confirmed_by",
        "end_asked_at",
        "end_asked_by",
        "ended_at",
        "ended_by",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="confirm",
            label=str(_("Confirmer")),
            permission=PERMISSION,
            run=lambda link, order: confirm_link(
                link_id=link.pk, actor=actor_of(order), now=order.now
            ),
            is_available=lambda link: link.status == StaffLink.Status.DECLARED,
            needs_reason=False,
            notice=str(_("Vous vous en êtes assuré auprès de la personne.")),
        ),
        Decision(
            name="end",
            label=str(_("Retirer")),
            permission=PERMISSION,
            run=lambda link, order: end_link(
                link_id=link.pk,
                reason=order.reason,
                actor=actor_of(order),
                now=order.now,
            ),
            is_available=lambda link: link.status != StaffLink.Status.ENDED,
            notice=str(
                _(
                    "C’était une erreur : ce compte est celui de quelqu’un d’autre. Ce "
                    "qui est vérifié, deux responsables le retirent."
                )
            ),
            is_danger=True,
        ),
    )

    def answer(
        self, request: HttpRequest, pk: Any, decision: Decision, result: object
    ) -> HttpResponse:
        """Go on; say when a second person is asked."""
        link = result if isinstance(result, StaffLink) else None
        if link and link.end_asked_at and link.status != StaffLink.Status.ENDED:
            messages.warning(request, _("Un second responsable doit approuver."))
        return super().answer(request, pk, decision, result)

    def prepare(self, rows: Any) -> None:
        """Read the names of the page's people at once."""
        known = {row.person_id for row in rows if row.person_id}
        links = people_links(known, linked=True)
        for row in rows:
            row.person_link = links.get(row.person_id, _("aucun"))

    def colleague(self, row: StaffLink) -> User:
        """Return the member of staff."""
        return row.staff

    @display(description=_("Membre de l’équipe"))
    def shown_staff(self, link: StaffLink) -> str:
        """Return the handle."""
        return link.staff.username

    @display(description=_("Compte personnel"))
    def shown_person(self, link: Any) -> str:
        """Return whose it is, by initials, with the way to their page."""
        if not hasattr(link, "person_link"):
            self.prepare([link])
        return format_html("{}", link.person_link)


@admin.register(StaffChange)
class StaffChangeAdmin(ShowsPassword, LeadersOnly):
    """Changes of colleagues' accounts; those that wait for a second person first."""

    list_display = ("shown_staff", "kind", "status", "proposed_by", "created_at")
    list_filter = ("status", "kind")
    list_select_related = ("person", "proposed_by", "decided_by")
    ordering = ("-id",)
    fields = (
        "shown_staff",
        "kind",
        "shown_groups",
        "reason",
        "status",
        "needs_two",
        "proposed_by",
        "created_at",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="approve",
            label=str(_("Approuver")),
            permission=PERMISSION,
            run=lambda change, order: approve_staff_change(
                change_id=change.pk, actor=actor_of(order), now=order.now
            ),
            is_available=lambda change: change.status == StaffChange.Status.PROPOSED,
            needs_reason=False,
            notice=str(_("Le changement se fait aussitôt.")),
            is_danger=True,
        ),
        Decision(
            name="refuse",
            label=str(_("Ne pas le faire")),
            permission=PERMISSION,
            run=lambda change, order: refuse_staff_change(
                change_id=change.pk,
                reason=order.reason,
                actor=actor_of(order),
                now=order.now,
            ),
            is_available=lambda change: change.status == StaffChange.Status.PROPOSED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffChange]:
        """Read the colleagues at once."""
        return StaffChange.objects.select_related("person")

    def decision_panel(self, request: HttpRequest, row: StaffChange) -> Any:
        """Offer nothing to the colleague, and no approval to who proposed it."""
        me: Any = request.user.pk
        if is_same_human(me, row.person_id):
            return []
        panel = super().decision_panel(request, row)
        hidden = {"approve"} if is_same_human(me, row.proposed_by_id) else set()
        return [item for item in panel if item["decision"].name not in hidden]

    @display(description=_("Membre de l’équipe"))
    def shown_staff(self, change: StaffChange) -> str:
        """Return the handle."""
        return change.person.username

    @display(description=_("Groupes ensuite"))
    def shown_groups(self, change: StaffChange) -> str:
        """Return the groups that the account has afterwards."""
        return ", ".join(change.groups)
