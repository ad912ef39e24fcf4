"""The development page of second factors: how one enters without a phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.services.demo import STAFF, demo_seed
from accounts.services.staff.second_factors import (
    DRIFT,
    KIND,
    PERIOD_SECONDS,
    code_at,
    period_of,
)
from lokahome.core import clock
from lokahome.core.api.problems import problem_response
from lokahome.core.dev_doors import is_open_to
from lokahome.core.errors import NotFound


def demo_codes(now: datetime) -> list[dict[str, Any]]:
    """Return each demo colleague's handle, groups, and the next code that opens.

    Their seeds are fixed and public; nobody else's is read. A code that has opened
    already is followed by the next, as far as a phone's clock may be off.
    """
    handles = [handle for handle, _name, _groups in STAFF]
    rows = Authenticator.objects.filter(
        type=KIND.TOTP, user__username__in=handles
    ).values_list("user__username", "data__used")
    used = {handle: last or 0 for handle, last in rows}
    here = period_of(now)
    found = []
    for handle, _name, groups in STAFF:
        if handle not in used:
            continue
        period = max(here, used[handle] + 1)
        is_ready = period <= here + DRIFT
        found.append(
            {
                "handle": handle,
                "groups": ", ".join(groups),
                "code": code_at(demo_seed(handle), period) if is_ready else "",
            }
        )
    return found


@require_GET
@never_cache
def second_factors_page(request: HttpRequest) -> HttpResponse:
    """Show the codes of the demo colleagues."""
    if not is_open_to(request):
        return problem_response(NotFound(), request)
    now = clock.now()
    context = {
        "codes": demo_codes(now),
        "seconds": PERIOD_SECONDS - int(now.timestamp()) % PERIOD_SECONDS,
    }
    return render(request, "dev/second_factor.html", context)
