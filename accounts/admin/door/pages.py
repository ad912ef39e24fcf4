"""Drawing the door: the theme's frame without anything of the back-office in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.admin.door.marks import HALF, HalfWay, half_way
from accounts.models import User
from lokahome.core import clock

P = ParamSpec("P")
HalfWayView = Callable[Concatenate[HttpRequest, User, HalfWay, P], HttpResponse]


def draw(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page ``admin/door/<template>`` in the theme's frame."""
    frame = admin.site.each_context(request)
    return render(
        request, f"admin/door/{template}", {**frame, **context}, status=status
    )


def refused(text: object, *, status: int = 400) -> JsonResponse:
    """Return *text* for a script of the door to show."""
    return JsonResponse({"detail": str(text)}, status=status)


def for_half_way(view: HalfWayView[P]) -> Callable[..., HttpResponse]:
    """Call *view* with who showed their password; send everybody else to show it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> Any:
        user, mark = half_way(request.session, now=clock.now())
        if user is None or mark is None:
            request.session.pop(HALF, None)
            return HttpResponseRedirect(reverse("admin:login"))
        return view(request, user, mark, *args, **kwargs)

    return never_cache(guarded)
