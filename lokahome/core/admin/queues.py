"""Lists that are queues: what waits is shown unless something else is asked for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class WaitingFilter(admin.SimpleListFilter):
    """Rows in the state *waiting* by default, in another of *states*, or all."""

    title = _("état")
    parameter_name = "etat"
    waiting = ""
    waiting_label: Any = ""
    states: tuple[tuple[str, Any], ...] = ()
    """The states that may be asked for, the waiting one left out, in words."""
    all_label: Any = _("Tous")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices beside the default."""
        return [*self.states, ("all", self.all_label)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or self.waiting)

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        default = changelist.get_query_string(remove=[self.parameter_name])
        for choice in super().choices(changelist):
            if choice["query_string"] == default:
                choice = {**choice, "display": self.waiting_label}
            yield choice
