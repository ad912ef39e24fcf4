"""The page behind the link of a sign-in notice: refusing, without a password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.models import SignInNotice
from accounts.services.signing_in.notices import contest_by_link, notice_of_link
from lokahome.core import clock
from lokahome.core.errors import DomainError, NotFound
from lokahome.core.states import TransitionRefused

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@require_http_methods(["GET", "HEAD", "POST"])
def notice_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the notice that *token* names, and refuse it when the button is pressed.

    Looking changes nothing: mail programs open links by themselves.
    """
    notice: SignInNotice | None = None
    status = 200
    try:
        notice = notice_of_link(token)
        if request.method == "POST":
            notice = contest_by_link(token=token, now=clock.now())
    except NotFound:
        status = 404
    except TransitionRefused:
        status = 409
    except DomainError as error:
        status = error.status
    page = render(
        request, "public/sign_in_notice.html", {"notice": notice}, status=status
    )
    for name, value in HEADERS.items():
        page[name] = value
    return page
