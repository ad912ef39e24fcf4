"""Pièces à vérifier: a blur, then, by one click on record, the document and its number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.admin.identity_deciding import DECISIONS
from accounts.admin.links import may_see_people, people_links
from accounts.models import Case, IdentityCheck, User
from accounts.models.document_kinds import KINDS
from accounts.services.identity.files import (
    BACK,
    NUMBER,
    blurred_document,
    open_document,
    open_number,
    sides_of,
    sign_look,
)
from accounts.services.identity.fraud import FRAUD
from accounts.services.identity.revoking import REVOCATION
from accounts.services.identity.signals import same_files_of, twins_of
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.queues import WaitingFilter
from lokahome.core.errors import NotAllowed, NotFound

PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",
    "X-Robots-Tag": "noindex, nofollow",
}
SECOND_AWAITED = gettext_lazy("À valider à deux")
REVOCATION_AWAITED = gettext_lazy("Validation à retirer, à deux")
NO_LINK = gettext_lazy("Ce lien n’est plus valable : rechargez la page de la pièce.")


class StatusFilter(WaitingFilter):
    """What waits for a reviewer, unless asked otherwise."""

    waiting = IdentityCheck.Status.SUBMITTED
    waiting_label = gettext_lazy("À vérifier")
    states = tuple(
        (status.value, status.label)
        for status in IdentityCheck.Status
        if status is not IdentityCheck.Status.SUBMITTED
    )
    all_label = gettext_lazy("Toutes")


@admin.register(IdentityCheck)
class IdentityCheckAdmin(LokaModelAdmin):
    """Documents; those that wait come first. Who may not decide sees no document."""

    list_title = "Pièces à vérifier"
    timeline_deeds = {
        "identity.document_viewed": gettext_lazy("Pièce consultée"),
        "identity.number_viewed": gettext_lazy("Numéro consulté"),
        "identity.fraud_suspected": gettext_lazy("Fraude signalée"),
        "identity.fraud_confirmed": gettext_lazy("Fraude confirmée"),
        "identity.vouched": gettext_lazy("Trouvée bonne, à confirmer"),
        "identity.revocation_asked": gettext_lazy("Validation mise en doute"),
        "identity.revoked": gettext_lazy("Validation retirée"),
        "identity.kept": gettext_lazy("Validation maintenue"),
        "identity.overturned": gettext_lazy("Décision annulée par un recours"),
        "identity.files_deleted": gettext_lazy("Fichiers supprimés"),
    }
    timeline_reasons = dict(IdentityCheck.EndCause.choices)
    list_display = (
        "shown_person",
        "document_kind",
        "purpose",
        "shown_status",
        "created_at",
    )
    list_filter = (StatusFilter, "purpose", "document_kind")
    list_select_related = ("person",)
    search_fields = ("=person__id", "=id")
    search_help_text = gettext_lazy("Identifiant de la personne ou de la pièce")
    ordering = ("created_at", "id")
    queue_filter = {"status": IdentityCheck.Status.SUBMITTED}
    fields = (
        "shown_person",
        "purpose",
        "document_kind",
        "role",
        "shown_number",
        "expires_on",
        "status",
        "reason_code",
        "reason",
        "end_cause",
        "created_at",
        "suspected_by",
        "decided_by",
        "decided_at",
        "vouched_by",
        "doubted_by",
        "revoked_by",
        "revoked_at",
        "files_deleted_at",
    )
    readonly_fields = fields
    decisions = DECISIONS

    def get_urls(self) -> list[URLPattern]:
        """Add the ways to the document and to its number."""
        ways = {"document": self.document_view, "number": self.number_view}
        return [
            *(
                path(
                    f"{name}/<str:token>",
                    self.admin_site.admin_view(require_safe(view)),
                    name=f"accounts_identitycheck_{name}",
                )
                for name, view in ways.items()
            ),
            *super().get_urls(),
        ]

    def title_of(self, row: IdentityCheck) -> str:
        """Return whose document it is."""
        return f"{row.get_document_kind_display()} — {row.person}"

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the document."""
        people = User.objects.get_queryset().filter(identity_checks=pk)
        list(people.select_for_update(no_key=True, of=("self",)))

    def preview(self, request: HttpRequest, row: IdentityCheck) -> str:
        """Show the blurs, the ways to the document, and what speaks against it."""
        reader: Any = request.user
        before = IdentityCheck.objects.filter(person=row.person_id).exclude(pk=row.pk)
        context: dict[str, Any] = {
            "check": row,
            "facts": KINDS[row.document_kind],
            "before": before.order_by("-id")[:10],
        }
        try:
            context |= self._looks(row, reader)
            context |= self._signals(request, row)
        except NotAllowed:
            context["is_closed"] = True
        return render_to_string("admin/accounts/identity_preview.html", context)

    def _looks(self, row: IdentityCheck, reader: User) -> dict[str, Any]:
        number = sign_look(check=row, reader=reader, part=NUMBER)
        sides = []
        for side in sides_of(row):
            try:
                blur = blurred_document(row, side=side)
            except NotFound:
                continue
            link = self._way("document", sign_look(check=row, reader=reader, part=side))
            sides.append({"blur": blur, "link": link, "is_back": side == BACK})
        return {
            "sides": sides,
            "number": self._way("number", number) if row.number_digest else "",
        }

    def _signals(self, request: HttpRequest, row: IdentityCheck) -> dict[str, Any]:
        twins, copies = twins_of(row), same_files_of(row)
        people = people_links(
            {item.person_id for item in (*twins, *copies)},
            linked=may_see_people(request),
        )
        return {
            "twins": [(item, people[item.person_id]) for item in twins],
            "copies": [(item, people[item.person_id]) for item in copies],
        }

    def _way(self, name: str, token: str) -> str:
        return reverse(f"admin:accounts_identitycheck_{name}", args=[token])

    def document_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Send a side to the reviewer whose link it is; each look is on record."""
        reader: Any = request.user
        try:
            content = open_document(token=token, reader=reader)
        except (NotFound, NotAllowed):
            return _plain(str(NO_LINK), status=404)
        return HttpResponse(content, content_type="image/jpeg", headers=PRIVATE)

    def number_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Send the number to the reviewer whose link it is; each look is on record."""
        reader: Any = request.user
        try:
            return _plain(open_number(token=token, reader=reader))
        except (NotFound, NotAllowed):
            return _plain(str(NO_LINK), status=404)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityCheck]:
        """Join whose documents they are, on the page too."""
        rows: QuerySet[IdentityCheck] = super().get_queryset(request)
        return rows.select_related(
            "person",
            "decided_by",
            "suspected_by",
            "vouched_by",
            "doubted_by",
            "revoked_by",
        )

    @display(description=gettext_lazy("Personne"), ordering="person_id")
    def shown_person(self, check: IdentityCheck) -> str:
        """Return initials; the name is beside the document, for who compares them."""
        return str(check.person)

    @display(description=gettext_lazy("Numéro"))
    def shown_number(self, check: IdentityCheck) -> str:
        """Say whether there is one: its end proves who somebody is, a look is on record."""
        return "•••" if check.number_digest else ""

    @display(
        description=gettext_lazy("État"),
        ordering="status",
        label={
            "À vérifier": "warning",
            "Fraude à confirmer": "danger",
            "Validée": "success",
            "Illisible": "info",
            "Refusée": "danger",
            "Fraude confirmée": "danger",
            "Validation retirée": "danger",
            "À valider à deux": "warning",
            "Validation à retirer, à deux": "warning",
        },
    )
    def shown_status(self, check: IdentityCheck) -> str:
        """Return the state's name, or what a second person is awaited for."""
        status = check.status
        if status == IdentityCheck.Status.SUBMITTED and check.vouched_by_id:
            return str(SECOND_AWAITED)
        if status == IdentityCheck.Status.ACCEPTED and check.doubted_by_id:
            return str(REVOCATION_AWAITED)
        return str(check.get_status_display())


def _plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(
        text, status=status, content_type="text/plain; charset=utf-8", headers=PRIVATE
    )


def _page_of(_case: Case, pk: UUID) -> str:
    return reverse("admin:accounts_identitycheck_change", args=[pk])


def _names_of(ids: Any) -> dict[UUID, str]:
    checks = IdentityCheck.objects.filter(pk__in=ids).only("pk", "document_kind")
    return {check.pk: str(check) for check in checks}


register_case_view(
    "identitycheck",
    _page_of,
    label=str(gettext_lazy("Ouvrir la pièce")),
    permission="accounts.view_identitycheck",
    decides=(FRAUD, REVOCATION),
    names_of=_names_of,
)
