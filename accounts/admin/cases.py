"""Dossiers: what waits for a decision, oldest first, each queue with its own answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_deciding import HANDLING, SANCTION, actor_of, offered
from accounts.admin.case_views import (
    case_link,
    is_decided_elsewhere,
    subject_names,
    words_links,
)
from accounts.admin.evidence import readable
from accounts.admin.links import may_see_people, people_links
from accounts.admin.sanction_forms import sms_previews
from accounts.models import Case, Report, User
from accounts.policies.moderation import case_permission
from accounts.services.moderation.cases import decide_case
from accounts.services.moderation.parties import has_conflict, parties_of
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.queues import WaitingFilter

REASONS_FOR_NOTHING = (
    "Rien dans ce contenu n’enfreint nos règles.",
    "Le contenu a été corrigé entre-temps.",
    "Le signalement ne dit pas ce qui ne va pas.",
)
REASONS_TO_HIDE = (
    "Ce contenu demande de payer hors de LOKAHOME ou avant la visite.",
    "Ce contenu est une fausse offre.",
    "Ce contenu insulte ou menace quelqu’un.",
    "Ce contenu exclut des personnes d’une façon que la loi interdit.",
    "Ce contenu montre les coordonnées ou la vie privée de quelqu’un.",
)
SHOWN_REPORTS = 50


class StatusFilter(WaitingFilter):
    """Open cases unless asked otherwise."""

    waiting = Case.Status.OPEN
    waiting_label = _("Ouverts")
    states = ((Case.Status.DECIDED.value, _("Décidés")),)


class QueueFilter(admin.SimpleListFilter):
    """One queue: ``?queue=reports`` is what the sidebar links to."""

    title = _("file d’attente")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return every queue."""
        return [(queue.value, queue.label) for queue in Case.Queue]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> QuerySet[Case]:
        """Return the cases of the queue."""
        return queryset.filter(queue=self.value()) if self.value() else queryset


class ClaimFilter(admin.SimpleListFilter):
    """Mine, nobody's, or everybody's."""

    title = _("prise en charge")
    parameter_name = "charge"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two that narrow the list."""
        return [("moi", _("À moi")), ("libre", _("Libres"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> QuerySet[Case]:
        """Return the cases of the choice."""
        if self.value() == "moi":
            return queryset.filter(claimed_by_id=request.user.pk)
        return queryset.filter(claimed_by=None) if self.value() else queryset


def _answer(decision: str) -> Callable[[Any, Order], object]:
    def run(case: Case, order: Order) -> object:
        return decide_case(
            case_id=case.pk,
            decision=decision,
            reason=order.reason,
            actor=actor_of(order),
            now=order.now,
        )

    return run


def _waits_in(queue: str) -> Callable[[Any], bool]:
    return lambda case: (
        case.queue == queue
        and case.status == Case.Status.OPEN
        and not is_decided_elsewhere(case)
    )


def _close_in(queue: str) -> Decision:
    return Decision(
        name=f"close-{queue}",
        label=str(_("Clore")),
        permission=case_permission(queue),
        run=_answer("closed"),
        is_available=_waits_in(queue),
        notice=str(_("Le dossier quitte la file. Le motif reste dans l’historique.")),
        shortcut="n",
    )


REPORTS = Case.Queue.REPORTS.value
DECISIONS_ABOUT_REPORTS = (
    Decision(
        name="no-action",
        label=str(_("Sans suite")),
        permission=case_permission(REPORTS),
        run=_answer("no_action"),
        is_available=_waits_in(REPORTS),
        reasons=REASONS_FOR_NOTHING,
        notice=str(
            _("Tous les signalements du dossier sont clos, leurs auteurs prévenus.")
        ),
        shortcut="n",
    ),
    Decision(
        name="hide",
        label=str(_("Masquer")),
        permission=case_permission(REPORTS),
        run=_answer("hide"),
        is_available=_waits_in(REPORTS),
        reasons=REASONS_TO_HIDE,
        notice=str(
            _(
                "Le contenu disparaît, tous les signalements sont clos. L’auteur du "
                "contenu lit votre motif, ceux des signalements sont prévenus."
            )
        ),
        is_danger=True,
        shortcut="m",
    ),
)


@admin.register(Case)
class CaseAdmin(LokaModelAdmin):
    """Cases of every queue; each queue has its own permission to decide."""

    list_display = (
        "title",
        "shown_queue",
        "shown_subject",
        "shown_reports",
        "shown_claim",
        "shown_status",
        "opened_at",
    )
    list_filter = (StatusFilter, QueueFilter, ClaimFilter)
    search_fields = ("subject", "title")
    ordering = ("opened_at", "id")
    fields = (
        "title",
        "queue",
        "shown_subject",
        "status",
        "opened_at",
        "claimed_by",
        "claimed_at",
        "shown_decision",
        "reason",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields
    decisions = (
        *(_close_in(queue) for queue in Case.Queue.values if queue != REPORTS),
        *DECISIONS_ABOUT_REPORTS,
        SANCTION,
        *HANDLING,
    )
    timeline_deeds = {
        "case.claimed": _("Pris en charge"),
        "case.released": _("Remis dans la file"),
        "case.assigned": _("Confié"),
    }

    def prepare(self, rows: Any) -> None:
        """Read what the subjects of the page are called."""
        names = subject_names(case.subject for case in rows)
        for case in rows:
            case.subject_name = names[case.subject]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Count the reports that each case answers."""
        rows: QuerySet[Case] = super().get_queryset(request)
        return rows.select_related("claimed_by").annotate(report_count=Count("reports"))

    def decision_panel(self, request: HttpRequest, row: Case) -> Any:
        """Offer nothing to who has a part in the matter, nor of a colleague's case."""
        if has_conflict(row, request.user.pk):  # type: ignore[arg-type]  # signed in
            return []
        return offered(row, request.user, super().decision_panel(request, row))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Call the list by its queue, where one was chosen."""
        title = dict(Case.Queue.choices).get(
            request.GET.get(QueueFilter.parameter_name, "")
        )
        named = {"title": title} if title else {}
        return super().changelist_view(request, {**named, **(extra_context or {})})

    def preview(self, request: HttpRequest, row: Case) -> str:
        """Show the evidence, the way to what it is about, and who reported it."""
        user: Any = request.user
        context = {
            **readable(request, row.evidence, subject=row.subject),
            "links": [
                link
                for link in (case_link(request, row), *words_links(request, row))
                if link
            ],
            "is_decided_there": is_decided_elsewhere(row),
            "is_concerned": has_conflict(row, user.pk),
            "claimed_by": row.claimed_by if row.claimed_by_id != user.pk else None,
            "sanctions": row.sanctions.order_by("-id"),
        }
        if SANCTION.is_available(row) and user.has_perm(SANCTION.permission):
            context["notices"] = sms_previews()
        if request.user.has_perm("accounts.view_report"):
            context |= _reports(request, row)
        return render_to_string("admin/accounts/case_preview.html", context)

    def lock_first(self, pk: Any) -> None:
        """Lock whom a sanction would strike: people come before cases."""
        subject = Case.objects.filter(pk=pk).values_list("subject", flat=True).first()
        authors = parties_of(subject or "").authors
        people = User.objects.get_queryset().filter(pk__in=authors).order_by("pk")
        list(people.select_for_update(no_key=True, of=("self",)))

    def after_decision(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Go on to the oldest open case of the same queue; stay while this one is."""
        case = Case.objects.only("queue", "status").get(pk=pk)
        if case.status == Case.Status.OPEN:  # taken, given or sanctioned for
            page = reverse("admin:accounts_case_change", args=[pk])
            return HttpResponseRedirect(page)
        queue = case.queue
        waiting = Case.objects.open().filter(queue=queue).exclude(pk=pk)
        following = waiting.order_by("opened_at", "id").first()
        if following is None:
            path = reverse("admin:accounts_case_changelist")
            return HttpResponseRedirect(f"{path}?{QueueFilter.parameter_name}={queue}")
        return HttpResponseRedirect(
            reverse("admin:accounts_case_change", args=[following.pk])
        )

    @display(description=_("Objet"), ordering="subject")
    def shown_subject(self, case: Any) -> str:
        """Return what it is about, by its name."""
        if not hasattr(case, "subject_name"):
            self.prepare([case])
        return str(case.subject_name)

    @display(description=_("décision"))
    def shown_decision(self, case: Case) -> str:
        """Return the name of its button; of other answers the reason says enough."""
        names = {"no_action": "no-action", "closed": f"close-{case.queue}"}
        name = names.get(case.decision, case.decision)
        labels = {item.name: item.label for item in self.decisions}
        return labels.get(name, "")

    @display(description=_("File d’attente"), ordering="queue")
    def shown_queue(self, case: Case) -> str:
        """Return the queue's name."""
        return case.get_queue_display()

    @display(description=_("Pris en charge par"), ordering="claimed_by__username")
    def shown_claim(self, case: Case) -> str:
        """Return the handle of who has taken it."""
        return case.claimed_by.username if case.claimed_by else ""

    @display(description=_("Signalements"), ordering="report_count")
    def shown_reports(self, case: Any) -> str:
        """Return how many people reported it; nothing where nobody could."""
        return str(case.report_count or "")

    @display(
        description=_("État"),
        ordering="status",
        label={"Ouvert": "warning", "Décidé": "success"},
    )
    def shown_status(self, case: Case) -> str:
        """Return the state's name."""
        return case.get_status_display()


def _reports(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return the case's reports for the preview: the newest, and a sum by reason."""
    reports = list(Report.objects.filter(case=case).order_by("-id"))
    shown = reports[:SHOWN_REPORTS]
    links = people_links(
        (report.reporter_id for report in shown), linked=may_see_people(request)
    )
    sums = Counter(str(report.get_reason_display()) for report in reports)
    return {
        "report_count": len(reports),
        "reasons": sums.most_common(),
        "reports": [(report, links[report.reporter_id]) for report in shown],
    }
