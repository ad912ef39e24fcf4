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
from django.db import OperationalError
from django.db.utils import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from lokahome.core import errors
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
        body["errors"] = [
            {key: value for key, value in vars_of(item).items() if value}
            for item in error.errors
        ]
    if error.retry_after_seconds is not None:
        body["retry_after_seconds"] = error.retry_after_seconds
    if error.allowed_actions is not None:
        body["allowed_actions"] = list(error.allowed_actions)
    return body


def vars_of(item: errors.FieldError) -> dict[str, str]:
    """Return a FieldError's members."""
    return {
        "pointer": item.pointer,
        "parameter": item.parameter,
        "code": item.code,
        "detail": item.detail,
    }


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


def handle_exception(
    exception: Exception, context: Mapping[str, Any]
) -> Response | None:
    """Translate whatever a view raised. None lets Django's 500 handler answer."""
    error = translate(exception)
    if error is None:
        return None
    set_rollback()
    request = context["request"]
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
        return errors.RateLimited(retry_after_seconds=int(getattr(exception, "wait", None) or 1))
    if isinstance(exception, RequestDataTooBig):
        return errors.TooLarge()
    if isinstance(exception, SuspiciousOperation | DataError | UnicodeError):
        return errors.BadRequest()
    if isinstance(exception, OperationalError):
        log.error("database unavailable", error=type(exception).__name__)
        return errors.TemporarilyUnavailable(retry_after_seconds=5)
    return None


def flatten(details: Any, pointer: str = "") -> list[errors.FieldError]:
    """Turn DRF's nested error details into a flat list with JSON pointers."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details):
        code = re.sub(r"[^a-z0-9_]", "_", str(details["code"]).lower())
        return [
            errors.FieldError(code, str(details["message"]), pointer=pointer or "/")
        ]
    found: list[errors.FieldError] = []
    if isinstance(details, Mapping):
        for key, value in details.items():
            step = "" if key == "non_field_errors" else f"/{key}"
            found += flatten(value, pointer + step)
    elif isinstance(details, list | tuple):
        for index, value in enumerate(details):
            leaf = isinstance(value, Mapping) and "message" in value
            found += flatten(value, pointer if leaf else f"{pointer}/{index}")
    return found
