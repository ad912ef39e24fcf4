"""Nothing of the back-office before both proofs, whichever path is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.admin.door.marks import Inside, inside, note
from accounts.services.staff.second_factors import still_holds
from lokahome.core import clock

ROOT = "/admin/"
DOORSTEP = frozenset(
    f"{ROOT}{path}"
    for path in (
        "login/",
        "logout/",
        "second-factor/",
        "second-factor/passkey/",
        "second-factor/passkey/answer/",
        "enrolment/",
        "enrolment/passkey/",
        "enrolment/passkey/answer/",
        "recovery-codes/",
    )
)
"""What can be asked for on the way in; each view checks how far one is."""
BREAK_GLASS = f"{ROOT}break-glass/"


class StaffDoorMiddleware:
    """Guards every path under ``/admin/``, known or not, whatever its view checks.

    A session that is idle for an hour, twelve hours old, or whose factor was taken away
    ends here. A superuser gives a reason first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT) or (request.path_info in DOORSTEP):
            return self.get_response(request)
        user: Any = request.user
        mark = inside(request.session)
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return to_login(request)
        now = clock.now()
        if mark is None or mark.is_over(now) or not self._goes_on(request, mark, now):
            logout(request)
            messages.info(request, _("Votre session est terminée : entrez de nouveau."))
            return to_login(request)
        if user.is_superuser and not mark.until and request.path_info != BREAK_GLASS:
            return HttpResponseRedirect(reverse("staff-door:break-glass"))
        return self.get_response(request)

    def _goes_on(self, request: HttpRequest, mark: Inside, now: datetime) -> bool:
        user: Any = request.user
        if not mark.is_to_note(now):
            return True
        if not still_holds(person_id=user.pk, factor=mark.factor):
            return False
        note(request.session, mark, seen=now.isoformat())
        return True


def to_login(request: HttpRequest) -> HttpResponse:
    """Send to the password's page, and from there back to what was asked for."""
    address = reverse("admin:login")
    onward = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{address}?{onward}")
