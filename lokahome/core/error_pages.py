"""What Django's own refusals look like: problem details for the API, a page for people.

The API never answers HTML, not even to a path that does not exist.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from lokahome.core import errors
from lokahome.core.api.problems import problem_response
from lokahome.core.request_id import current_request_id

API = "/api/"


def _answer(error: errors.DomainError, request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API):
        return problem_response(error, request)
    context = {"error": error, "request_id": current_request_id()}
    page = render_to_string("public/error.html", context)
    return HttpResponse(
        page, status=error.status, headers={"Cache-Control": "no-store"}
    )


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return _answer(errors.BadRequest(), request)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal outside DRF."""
    return _answer(errors.NotAllowed(), request)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that does not exist."""
    return _answer(errors.NotFound(), request)


@csrf_exempt
def unknown_api_path(request: HttpRequest) -> HttpResponse:
    """Answer what no path of the API matched, in development too.

    Django's own debug page, which would answer instead of `handler404`, is HTML.
    """
    return problem_response(errors.NotFound(), request)


def handler500(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours with the request id and nothing else."""
    return _answer(errors.ServerError(), request)
