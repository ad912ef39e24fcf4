"""The base of every page of the back-office: see, then decide; never edit."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from unfold.admin import ModelAdmin

from lokahome.core.admin.decisions import DecisionsMixin
from lokahome.core.audit.models import AuditEvent, StateChange


class LokaModelAdmin(DecisionsMixin, ModelAdmin):  # type: ignore[misc]
    """Read-only lists and pages, with a decision panel and a timeline.

    A queue sets ``queue_filter`` (a dict for ``filter``): after a decision, staff land
    on the oldest object that matches it.
    """

    change_form_template = "admin/lokahome/change_form.html"
    list_per_page = 25
    show_full_result_count = False
    list_fullwidth = True
    actions = None
    queue_filter: dict[str, Any] | None = None
    timeline_noun = ""
    """Noun of the subjects in the audit log and history; default: the model's name."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Objects are made by people in the apps, not by staff."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        """Staff decide; they do not edit what people wrote."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        """Nothing of the platform is deleted from here."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the decisions' paths before Django's catch-all."""
        return [*self.decision_urls(), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the object with its panel and its timeline."""
        row = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {})}
        if row is not None and self.has_view_permission(request, row):
            context["decision_panel"] = self.decision_panel(request, row)
            context["timeline"] = self.timeline(row)
            context["preview"] = self.preview(request, row)
            context["version"] = getattr(row, "version", 1)
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def preview(self, request: HttpRequest, row: Any) -> str:
        """Return safe HTML shown above the fields; nothing by default."""
        return ""

    def timeline(self, row: Any) -> list[dict[str, Any]]:
        """Return what happened to *row*, newest first: states and deeds of staff."""
        noun = self.timeline_noun or self.opts.model_name
        subject = f"{noun}:{row.pk}"
        changes = StateChange.objects.filter(subject=subject).order_by("-id")[:50]
        deeds = AuditEvent.objects.filter(subject=subject).order_by("-id")[:50]
        entries = [
            {
                "at": change.created_at,
                "text": f"{change.source} → {change.target}",
                "who": change.actor_kind,
                "reason": change.reason,
            }
            for change in changes
        ] + [
            {
                "at": deed.created_at,
                "text": deed.action,
                "who": str(deed.actor_id or ""),
                "reason": deed.reason,
            }
            for deed in deeds
        ]
        return sorted(entries, key=lambda entry: entry["at"], reverse=True)

    def after_decision(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Go on to the queue's next item, or back to the object."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        if self.queue_filter is not None:
            waiting = self.get_queryset(request).filter(**self.queue_filter)
            following = waiting.exclude(pk=pk).order_by("created_at").first()
            if following is not None:
                return HttpResponseRedirect(reverse(name, args=[following.pk]))
            changelist = (
                f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
            )
            return HttpResponseRedirect(reverse(changelist))
        return HttpResponseRedirect(reverse(name, args=[pk]))
