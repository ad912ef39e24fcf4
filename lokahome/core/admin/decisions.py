"""Decisions of staff: each a POSTed view of ours, never a field that is edited.

A decision needs its permission, the version of the object that was looked at, and a
reason where it is one; it runs one service in one transaction, and writes an audit row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from lokahome.core import clock
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import DomainError, StaleVersion, StateConflict


@dataclass(frozen=True, slots=True)
class Order:
    """What a decision's function is told: who decides, why, when, and any choices."""

    actor_id: UUID
    reason: str
    now: datetime
    choices: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """One button of the decision panel.

    *run* is called with the locked object and the Order, and calls one service.
    *permission* is ``app_label.codename``. *is_available* hides the button, and
    refuses the order, where the state does not permit it. *reasons* are ready-made
    sentences. *form* adds choices to the order. *outside_transaction* is for services
    that ask a gateway: they must not hold a row locked meanwhile.
    """

    name: str
    label: str
    permission: str
    run: Callable[[Any, Order], object]
    is_available: Callable[[Any], bool] = lambda _: True
    needs_reason: bool = True
    reasons: tuple[str, ...] = ()
    notice: str = ""
    """What will happen, and who will be told; shown above the button."""
    is_danger: bool = False
    form: type[forms.Form] | None = None
    outside_transaction: bool = False
    shortcut: str = ""


def version_of(row: Any) -> int:
    """Return the version of *row*; rows of other people's tables have none, so 1."""
    return int(getattr(row, "version", 1))


class DecisionForm(forms.Form):
    """What every decision carries."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, strip=True)


class DecisionsMixin:
    """Adds `decisions` to a ModelAdmin: the panel, and the views behind it."""

    decisions: tuple[Decision, ...] = ()
    model: type[models.Model]
    get_object: Callable[..., Any]
    opts: Any
    admin_site: Any

    def decision_urls(self) -> list[URLPattern]:
        """Return the paths of the decisions."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<path:object_id>/decide/<slug:decision>", view, name=name)]

    def decision_panel(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Return what the panel shows to this member of staff for *row*."""
        user: Any = request.user
        panel = []
        for decision in self.decisions:
            if not user.has_perm(decision.permission):
                continue
            if not decision.is_available(row):
                continue
            url = reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_decide",
                args=[row.pk, decision.name],
            )
            extra = None
            if decision.form:
                # Ids of its own: another decision of the page may ask the same.
                extra = decision.form(auto_id=f"{decision.name}-%s")
            panel.append({"decision": decision, "url": url, "extra": extra})
        return panel

    def decide_view(
        self, request: HttpRequest, object_id: str, decision: str
    ) -> HttpResponseBase:
        """Carry a decision out, and go on to the next item of the queue."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = next((item for item in self.decisions if item.name == decision), None)
        user: Any = request.user
        if chosen is None or not user.has_perm(chosen.permission):
            raise PermissionDenied
        try:
            pk = self.opts.pk.to_python(unquote(object_id))
        except ValidationError as error:
            raise Http404 from error
        here = reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk]
        )
        form = DecisionForm(request.POST)
        extra = chosen.form(request.POST) if chosen.form else None
        if not form.is_valid() or (extra is not None and not extra.is_valid()):
            messages.error(request, _("La décision est incomplète : rien n’a changé."))
            return HttpResponseRedirect(here)
        reason = form.cleaned_data["reason"]
        if chosen.needs_reason and not reason:
            messages.error(request, _("Donnez un motif : rien n’a changé."))
            return HttpResponseRedirect(here)
        order = Order(
            actor_id=user.pk,
            reason=reason,
            now=clock.now(),
            choices=extra.cleaned_data if extra is not None else {},
        )
        version = form.cleaned_data["version"]
        try:
            self.require_offered(request, chosen, pk, version)
            result = self.carry_out(chosen, pk, version, order)
        except DomainError as error:
            messages.error(request, f"{error.title} — {error.detail}")
            return HttpResponseRedirect(here)
        messages.success(request, _("Décision enregistrée : %s.") % chosen.label)
        return self.answer(request, pk, chosen, result)

    def require_offered(
        self, request: HttpRequest, decision: Decision, pk: Any, version: int
    ) -> None:
        """Raise StateConflict for a button that the panel would not show to this user.

        A page leaves out what somebody has no part in deciding: an order made by hand
        is not a way around that. What changed since, `carry_out` says under its lock.
        """
        row = self.get_object(request, str(pk))
        if row is None or version_of(row) != version:
            return
        panel = self.decision_panel(request, row)
        if not any(item["decision"].name == decision.name for item in panel):
            raise StateConflict

    def carry_out(
        self, decision: Decision, pk: Any, version: int, order: Order
    ) -> object:
        """Run *decision* on the row as it was looked at; return what it returned.

        Raises StaleVersion, and StateConflict for a button that the page did not show.
        """
        rows: Any = self.model._default_manager.all()
        with transaction.atomic():
            self.lock_first(pk)
            row = locked(rows, pk)
            if version_of(row) != version:
                raise StaleVersion
            if not decision.is_available(row):
                raise StateConflict
            record(
                f"{self.opts.label_lower}.{decision.name}",
                subject=f"{self.opts.model_name}:{pk}",
                actor_id=order.actor_id,
                reason=order.reason,
                details={"version": version},
            )
            if not decision.outside_transaction:
                return decision.run(row, order)
        return decision.run(row, order)

    def lock_first(self, pk: Any) -> None:
        """Lock what comes before row *pk* in the house's order; nothing by default.

        A page whose services lock a person before the row has to do the same, or meets
        them the other way round.
        """

    def answer(
        self, request: HttpRequest, pk: Any, decision: Decision, result: object
    ) -> HttpResponse:
        """Answer *decision*, whose service returned *result*: go on, by default."""
        return self.after_decision(request, pk)

    def after_decision(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Return to the object; queues go on to the next item instead."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[pk]))
