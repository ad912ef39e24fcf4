"""Flat, allow-listed filters. An unknown or malformed parameter is a 400."""

from __future__ import annotations

import difflib
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from lokahome.core.api.pagination import BadParameter, bad_parameter
from lokahome.core.errors import FieldError

ALWAYS = {"limit", "cursor", "sort", "view", "lang"}


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # no types
    """django-filter, refusing what it does not know.

    The view names its filters by ``filterset_class`` and further parameters that it
    reads itself by ``extra_parameters``.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> QuerySet[Model]:
        """Return the filtered rows; raises BadParameter naming every bad one."""
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        refuse_unknown(request, known | set(getattr(view, "extra_parameters", ())))
        if filterset_class is None:
            return queryset
        filterset: Any = self.get_filterset(request, queryset, view)
        if not filterset.is_valid():
            raise BadParameter(
                errors=[
                    FieldError("invalid", str(message), parameter=name)
                    for name, messages in filterset.errors.items()
                    for message in messages
                ]
            )
        filtered: QuerySet[Model] = filterset.qs
        return filtered


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raise BadParameter for a parameter outside *known* or given twice."""
    allowed = known | ALWAYS
    for name, values in request.query_params.lists():
        if name not in allowed:
            nearest = difflib.get_close_matches(name, sorted(allowed), n=1, cutoff=0.4)
            hint = _("Vouliez-vous dire « %s » ?") % nearest[0] if nearest else ""
            detail = " ".join([_("Ce paramètre n’existe pas."), hint]).strip()
            raise bad_parameter(name[:60], detail, "unknown")
        if len(values) > 1 or "\x00" in values[0]:
            raise bad_parameter(name, _("Une seule valeur est attendue."), "repeated")
