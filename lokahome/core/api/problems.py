"""RFC 9457 problem details: the one shape of every refusal, on every path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelValidationError
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.db.utils import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from lokahome.core import errors
from lokahome.core.api.renderers import JSONRenderer
from lokahome.core.request_id import current_request_id

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"


def problem_body(error: errors.DomainError, path: str) -> dict[str, Any]:
    """Return the members of the problem that *error* is."""
    body: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/api/v1/problems#{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "request_id": current_request_id(),
        "is_retryable": error.retryable or error.retry_after_seconds is not None,
    }
    if error.errors:
        body["errors"] = [members_of(item) for item in error.errors]
    if error.retry_after_seconds is not None:
        body["retry_after_seconds"] = error.retry_after_seconds
    if error.allowed_actions is not None:
        body["allowed_actions"] = list(error.allowed_actions)
    return {**error.members, **body}


def members_of(item: errors.FieldError) -> dict[str, str]:
    """Return a FieldError's members: its place, its code, its sentence."""
    place = (
        {"parameter": item.parameter} if item.parameter else {"pointer": item.pointer}
    )
    detail = {"detail": item.detail} if item.detail else {}
    return {**place, "code": item.code, **detail}


def headers_of(error: errors.DomainError) -> dict[str, str]:
    """Return the headers that go with *error*."""
    headers = {"Content-Language": get_language() or "fr", "Cache-Control": "no-store"}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="lokahome"'
    return headers


def problem_response(error: errors.DomainError, request: HttpRequest) -> HttpResponse:
    """Return *error* as a plain Django response (middleware, 404 and 500 handlers)."""
    return JsonResponse(
        problem_body(error, request.path),
        status=error.status,
        content_type=CONTENT_TYPE,
        headers=headers_of(error),
        json_dumps_params={"ensure_ascii": False},
    )


def handle_exception(exception: Exception, context: Mapping[str, Any]) -> Response:
    """Translate whatever a view raised; what nobody foresaw is a 500, and logged."""
    request = context["request"]
    error = translate(exception)
    if error is None:
        # Answered here and not by Django, whose debug page is HTML. The signal makes
        # the test client raise, as it does for Django's own.
        log.error("a view failed", error=type(exception).__name__, exc_info=exception)
        got_request_exception.send(sender=type(context["view"]), request=request)
        error = errors.ServerError()
    set_rollback()
    # Whatever this view renders otherwise (a schema, a page): a problem is JSON.
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = CONTENT_TYPE
    return Response(
        problem_body(error, request.path),
        status=error.status,
        headers=headers_of(error),
        content_type=CONTENT_TYPE,
    )


def translate(exception: Exception) -> errors.DomainError | None:
    """Return the refusal that *exception* means, or None when it is a fault of ours."""
    if isinstance(exception, errors.DomainError):
        return exception
    if isinstance(exception, drf.ValidationError):
        return errors.InvalidInput(errors=flatten(exception.get_full_details()))
    if isinstance(exception, ModelValidationError):
        return errors.InvalidInput("; ".join(exception.messages))
    if isinstance(exception, drf.ParseError):
        return errors.BadRequest(_("Le corps n’est pas un JSON valide."))
    if isinstance(exception, drf.NotAuthenticated | drf.AuthenticationFailed):
        return errors.NotAuthenticated()
    if isinstance(exception, drf.PermissionDenied | PermissionDenied):
        return errors.NotAllowed()
    if isinstance(exception, drf.NotFound | Http404):
        return errors.NotFound()
    if isinstance(exception, drf.MethodNotAllowed):
        return errors.MethodNotAllowed()
    if isinstance(exception, drf.NotAcceptable):
        return errors.NotAcceptable()
    if isinstance(exception, drf.UnsupportedMediaType):
        return errors.UnsupportedMediaType()
    if isinstance(exception, drf.Throttled):
        return errors.RateLimited(
            retry_after_seconds=int(getattr(exception, "wait", None) or 1)
        )
    if isinstance(exception, RequestDataTooBig):
        return errors.TooLarge()
    if isinstance(exception, SuspiciousOperation | DataError | UnicodeError):
        return errors.BadRequest()
    if isinstance(exception, IntegrityError) and isinstance(
        exception.__cause__, UniqueViolation
    ):
        # Two requests may pass the same look before they insert: the database decides.
        log.warning(
            "a row exists already", error=str(exception.__cause__.diag.constraint_name)
        )
        return errors.AlreadyExists()
    if isinstance(exception, OperationalError):
        log.error("database unavailable", error=type(exception).__name__)
        return errors.TemporarilyUnavailable(retry_after_seconds=5)
    return None


def flatten(details: Any, pointer: str = "") -> list[errors.FieldError]:
    """Turn DRF's nested error details into a flat list with JSON pointers."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details):
        code = re.sub(r"[^a-z0-9_]", "_", str(details["code"]).lower())
        return [errors.FieldError(code, str(details["message"]), pointer=pointer)]
    found: list[errors.FieldError] = []
    if isinstance(details, Mapping):
        for key, value in details.items():
            name = str(key).replace("~", "~0").replace("/", "~1")
            step = "" if key == "non_field_errors" else f"/{name}"
            found += flatten(value, pointer + step)
    elif isinstance(details, list | tuple):
        for index, value in enumerate(details):
            leaf = isinstance(value, Mapping) and "message" in value
            found += flatten(value, pointer if leaf else f"{pointer}/{index}")
    return found
