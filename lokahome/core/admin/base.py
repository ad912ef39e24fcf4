"""The base of every page of the back-office: see, then decide; never edit."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import DataError, models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from lokahome.core.admin.decisions import DecisionsMixin, version_of
from lokahome.core.audit.models import AuditEvent, StateChange

EMPTY = (None, "", "—")
NUL = "\0"


class Named:
    """A row under the title of its page, for the theme's breadcrumbs."""

    def __init__(self, row: models.Model, title: str) -> None:
        self._meta = row._meta
        self.pk = row.pk
        self.title = title

    def __str__(self) -> str:
        return self.title


def _texts(request: HttpRequest, name: str) -> list[str]:
    """Return all that the address says under *name*, and the name."""
    return [name, *request.GET.getlist(name)]


def _kept_whole() -> AbstractContextManager[Any]:
    """Let a refused query leave the transaction around it usable, if there is one."""
    if transaction.get_connection().in_atomic_block:
        return transaction.atomic()
    return nullcontext()


ACTOR_KINDS: dict[str, Any] = {
    "owner": "propriétaire",
    "landlord": "propriétaire",
    "tenant": "locataire",
    "applicant": "candidat",
    "opener": "auteur de la demande",
    "requester": "demandeur",
    "customer": "demandeur",
    "provider": "prestataire",
    "occupant": "occupant",
    "party": "partie",
    "holder": "titulaire",
    "staff": "équipe",
    "system": "plateforme",
    "gateway": "passerelle",
}


class LokaModelAdmin(DecisionsMixin, ModelAdmin):  # type: ignore[misc]  # no types
    """Read-only lists and pages, with a decision panel and a timeline.

    A queue sets ``queue_filter`` (a dict for ``filter``): after a decision, staff land
    on the oldest object that matches it.
    """

    change_form_template = "admin/lokahome/change_form.html"
    list_per_page = 25
    show_full_result_count = False
    list_fullwidth = True
    actions: tuple[str, ...] | None = None
    queue_filter: dict[str, Any] | None = None
    timeline_noun = ""
    """Noun of the subjects in the audit log and history; default: the model's name."""
    timeline_deeds: dict[str, Any] = {}
    """Deeds of the audit log that are no decision of this page, in words."""
    timeline_reasons: dict[str, Any] = {}
    """Codes that services give as a reason, in words."""
    list_title = ""
    """Title of the list; default: the model's name in the plural."""

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

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Refuse: no form here picks a row, and Django's picker lists all of a table."""
        return False

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Refuse: a row's own page tells what happened; Django's knows its forms only."""
        raise PermissionDenied

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Filter by what the pages show and nothing else.

        Django lets an address filter by any column of the table, so a masked number or
        a password's hash could be guessed letter by letter.
        """
        known = {self.date_hierarchy, *flatten_fieldsets(self.get_fieldsets(request))}
        for item in self.list_filter:
            name = item[0] if isinstance(item, tuple | list) else item
            known.add(getattr(name, "parameter_name", name))
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed and (lookup in known or lookup.partition(LOOKUP_SEP)[0] in known)

    def get_fieldsets(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> Any:
        """Leave out what the object *obj* has no value for."""
        known: Any = super().get_fieldsets(request, obj)
        if obj is None:
            return known
        return [
            (
                name,
                {
                    **options,
                    "fields": [
                        item
                        for item in flatten_fieldsets([(name, options)])
                        if self._is_told(item, obj)
                    ],
                },
            )
            for name, options in known
        ]

    def _is_told(self, name: str, row: models.Model) -> bool:
        try:
            # The key of another row says enough: the row would be one more query.
            field: Any = self.opts.get_field(name)
            value = getattr(row, getattr(field, "attname", name), None)
        except FieldDoesNotExist:
            shown = getattr(self, name, None)
            value = shown(row) if callable(shown) else getattr(row, name, None)
        return value not in EMPTY

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the page of the list, after `prepare` saw its rows.

        What PostgreSQL takes for no value is a bad lookup, as what Django takes for
        none is: its list says so, and is shown without it. The rows are read here,
        while the address can still be answered for.
        """
        asked = request.GET.keys() - {ERROR_FLAG}
        if any(NUL in text for name in asked for text in _texts(request, name)):
            raise IncorrectLookupParameters("NUL")
        try:
            with _kept_whole():
                page: Any = super().get_changelist_instance(request)
                len(page.result_list)
        except (ValueError, OverflowError, DataError) as error:
            if not asked:
                raise  # nobody asked for anything: it is ours
            raise IncorrectLookupParameters(error) from error
        self.prepare(page.result_list)
        return page

    def prepare(self, rows: Any) -> None:
        """Read at once what each of a page's *rows* needs; nothing by default."""

    def get_urls(self) -> list[URLPattern]:
        """Add the decisions' paths before Django's catch-all."""
        return [*self.decision_urls(), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list by what is in it; Django says what to do with it."""
        context = {"title": self.shown_list_title(), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def shown_list_title(self) -> str:
        """Return the list's title."""
        return self.list_title or capfirst(str(self.opts.verbose_name_plural))

    def title_of(self, row: Any) -> str:
        """Return the title of the page of *row*."""
        return str(row)

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
            context["version"] = version_of(row)
            context["title"] = self.title_of(row)
            context["original"] = Named(row, context["title"])
            context["subtitle"] = None
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def preview(self, request: HttpRequest, row: Any) -> str:
        """Return safe HTML shown above the fields; nothing by default."""
        return ""

    def timeline(self, row: Any) -> list[dict[str, Any]]:
        """Return what happened to *row*, newest first: states and deeds of staff."""
        noun = self.timeline_noun or self.opts.model_name
        subject = f"{noun}:{row.pk}"
        states = dict(getattr(getattr(row, "Status", None), "choices", ()))
        deeds_by_name = {
            f"{self.opts.label_lower}.{item.name}": item.label
            for item in self.decisions
        } | self.timeline_deeds
        changes = StateChange.objects.filter(subject=subject).order_by("-id")[:50]
        deeds = AuditEvent.objects.filter(subject=subject).order_by("-id")[:50]
        names = self.names_of({deed.actor_id for deed in deeds if deed.actor_id})
        entries = [
            {
                "at": change.created_at,
                "text": " → ".join(
                    str(states.get(name, name))
                    for name in (change.source, change.target)
                    if name
                ),
                "who": ACTOR_KINDS.get(change.actor_kind, change.actor_kind),
                "reason": self.timeline_reasons.get(change.reason, change.reason),
            }
            for change in changes
        ] + [
            {
                "at": deed.created_at,
                "text": deeds_by_name.get(deed.action, deed.action),
                "who": names.get(deed.actor_id, ""),
                "reason": deed.reason,
            }
            for deed in deeds
        ]
        return sorted(entries, key=lambda entry: entry["at"], reverse=True)

    def names_of(self, ids: set[UUID]) -> dict[UUID | None, str]:
        """Return the handles of the members of staff among *ids*."""
        people = get_user_model().objects.filter(pk__in=ids, is_staff=True)
        return dict(people.values_list("pk", "username"))

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
