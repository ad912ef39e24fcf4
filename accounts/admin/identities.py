"""Identités à vérifier: the document as a blur, then, by one click on record, itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from unfold.decorators import display

from accounts.models import IDENTITY_STATES, IdentityCheck, User
from accounts.policies import CHECK_IDENTITIES
from accounts.services.identity_checks import (
    accept_identity_check,
    find_identity_unreadable,
    refuse_identity_check,
)
from accounts.services.identity_files import (
    blurred_document,
    open_document,
    sign_look,
)
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.queues import WaitingFilter
from lokahome.core.errors import NotAllowed, NotFound

REASONS_UNREADABLE = (
    "La photo est floue : posez la pièce à plat, en pleine lumière.",
    "Un reflet cache une partie de la pièce.",
    "La pièce est coupée : montrez ses quatre coins.",
    "Le côté qui porte la photo et le nom manque.",
)
REASONS_TO_REFUSE = (
    "La pièce n’est plus valable.",
    "Le nom de la pièce n’est pas celui du compte.",
    "Cette pièce n’est pas acceptée : envoyez une carte d’identité, un CIP, un "
    "passeport, une carte de séjour ou un permis de conduire.",
    "L’image est une copie d’écran ou a été modifiée.",
)
PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",
    "X-Robots-Tag": "noindex, nofollow",
}


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


def _accept(check: IdentityCheck, order: Order) -> None:
    accept_identity_check(
        check_id=check.pk,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


def _with_reason(
    service: Callable[..., IdentityCheck],
) -> Callable[[Any, Order], object]:
    def run(check: IdentityCheck, order: Order) -> object:
        return service(
            check_id=check.pk,
            actor=User.objects.get(pk=order.actor_id),
            reason=order.reason,
            now=order.now,
        )

    return run


def _permits(action: str) -> Callable[[Any], bool]:
    return lambda check: (
        action in IDENTITY_STATES.allowed_actions(check.status, {"staff"})
    )


@admin.register(IdentityCheck)
class IdentityCheckAdmin(LokaModelAdmin):
    """Documents; those that wait come first. Who may not decide sees no document."""

    list_title = "Identités à vérifier"
    timeline_deeds = {"identity.document_viewed": gettext_lazy("Pièce consultée")}
    list_display = ("shown_person", "document_kind", "shown_status", "created_at")
    list_filter = (StatusFilter, "document_kind")
    list_select_related = ("person",)
    search_fields = ("=person__id",)
    search_help_text = gettext_lazy("Identifiant de la personne")
    ordering = ("created_at", "id")
    queue_filter = {"status": IdentityCheck.Status.SUBMITTED}
    fields = (
        "shown_person",
        "document_kind",
        "status",
        "reason",
        "created_at",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="accept",
            label="Valider",
            permission=CHECK_IDENTITIES,
            run=_accept,
            is_available=_permits("accept"),
            needs_reason=False,
            notice="La personne passe au niveau 1 dans tous ses rôles. Elle est prévenue.",
            shortcut="a",
        ),
        Decision(
            name="unreadable",
            label="Illisible",
            permission=CHECK_IDENTITIES,
            run=_with_reason(find_identity_unreadable),
            is_available=_permits("find_unreadable"),
            reasons=REASONS_UNREADABLE,
            notice="La personne lit votre motif et peut envoyer une autre photo.",
            shortcut="c",
        ),
        Decision(
            name="refuse",
            label="Refuser",
            permission=CHECK_IDENTITIES,
            run=_with_reason(refuse_identity_check),
            is_available=_permits("refuse"),
            reasons=REASONS_TO_REFUSE,
            notice="La pièce ne prouve rien. La personne lit votre motif.",
            is_danger=True,
            shortcut="r",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the way to the document."""
        view = self.admin_site.admin_view(require_safe(self.document_view))
        name = "accounts_identitycheck_document"
        return [path("document/<str:token>", view, name=name), *super().get_urls()]

    def title_of(self, row: IdentityCheck) -> str:
        """Return whose document it is."""
        return f"{row.get_document_kind_display()} — {row.person}"

    def preview(self, request: HttpRequest, row: IdentityCheck) -> str:
        """Show the blur, the link to the document and what was decided before."""
        reader: Any = request.user
        before = IdentityCheck.objects.filter(person=row.person_id).exclude(pk=row.pk)
        context: dict[str, Any] = {
            "check": row,
            "before": before.order_by("-id")[:10],
        }
        try:
            token = sign_look(check=row, reader=reader)
            context["blur"] = blurred_document(row)
            context["link"] = reverse(
                "admin:accounts_identitycheck_document", args=[token]
            )
        except NotAllowed:
            pass
        return render_to_string("admin/accounts/identity_preview.html", context)

    def document_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Send the document to the reviewer whose link it is; each look is on record."""
        reader: Any = request.user
        try:
            content = open_document(token=token, reader=reader)
        except (NotFound, NotAllowed):
            text = _("Ce lien n’est plus valable : rechargez la page de la pièce.")
            return HttpResponse(
                text, status=404, content_type="text/plain", headers=PRIVATE
            )
        return HttpResponse(content, content_type="image/jpeg", headers=PRIVATE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityCheck]:
        """Join whose documents they are, on the page too."""
        rows: QuerySet[IdentityCheck] = super().get_queryset(request)
        return rows.select_related("person", "decided_by")

    @display(description=gettext_lazy("Personne"), ordering="person__full_name")
    def shown_person(self, check: IdentityCheck) -> str:
        """Return the name to compare with the document's."""
        return str(check.person)

    @display(
        description=gettext_lazy("État"),
        ordering="status",
        label={
            "À vérifier": "warning",
            "Validée": "success",
            "Illisible": "info",
            "Refusée": "danger",
        },
    )
    def shown_status(self, check: IdentityCheck) -> str:
        """Return the state's name."""
        return str(check.get_status_display())
