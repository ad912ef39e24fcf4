"""Request id, security policy, and apps that are too old."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

from lokahome.core.api.problems import problem_response
from lokahome.core.clock import PORTO_NOVO
from lokahome.core.errors import DomainError
from lokahome.core.request_id import begin_request_id

NUMBER = re.compile(r"[0-9]{1,9}")
Handler = Callable[[HttpRequest], HttpResponse]


class AppTooOld(DomainError):
    """The app's version is below the oldest one that is served; update it."""

    code = "app.too_old"
    status = 426
    title = _("Mettez l’application à jour pour continuer")


class RequestContextMiddleware:
    """Gives each request an id, answered back as ``Request-Id``, and its time zone.

    The API speaks UTC; pages speak the time of Benin.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = begin_request_id(request.headers.get("Request-Id", ""))
        zone = UTC if request.path.startswith("/api/") else PORTO_NOVO
        with timezone.override(zone):
            response = self.get_response(request)
        response["Request-Id"] = request_id
        return response


class ClientVersionMiddleware:
    """Answers 426 to apps older than ``settings.OLDEST_APP_VERSIONS``.

    Apps send ``LokaHome-App: android/1.4.2``. `app-config` stays open to them: it tells
    which version they need.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("LokaHome-App", "")
        if header and request.path != "/api/v1/app-config" and is_too_old(header):
            return problem_response(AppTooOld(), request)
        return self.get_response(request)


def is_too_old(header: str) -> bool:
    """Return whether ``platform/x.y.z`` is below that platform's oldest version."""
    platform, _sep, version = header.partition("/")
    oldest = settings.OLDEST_APP_VERSIONS.get(platform.lower())
    return oldest is not None and _numbers(version) < _numbers(oldest)


def _numbers(version: str) -> tuple[int, ...]:
    """Return three numbers; a part that is missing or no number counts as 0."""
    parts = [*version.split("."), "", "", ""][:3]
    return tuple(int(part) if NUMBER.fullmatch(part) else 0 for part in parts)


class ContentSecurityPolicyMiddleware:
    """A policy for each door: nothing for the API, own files for pages.

    The admin theme's Alpine build compiles expressions, so ``unsafe-eval`` and inline
    styles are allowed there and nowhere else; API documentation draws with inline styles.
    """

    API = "default-src 'none'; frame-ancestors 'none'"
    PAGES = (
        "default-src 'none'; img-src 'self' data: {media}; style-src 'self'; font-src"
        " 'self'; script-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'; connect-src 'self'"
    )
    ADMIN = (
        "default-src 'self'; img-src 'self' data: blob: {media}; style-src 'self'"
        " 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; object-src"
        " 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        media = settings.STORAGES["default"]["OPTIONS"].get("endpoint_url", "")
        self.admin = self.ADMIN.format(media=media)
        self.pages = self.PAGES.format(media=media)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        path = request.path
        if path.startswith(("/admin/", "/api/v1/docs")):
            policy = self.admin
        elif path.startswith("/api/"):
            policy = self.API
        else:
            policy = self.pages
        response.headers.setdefault("Content-Security-Policy", policy)
        if path.startswith("/api/"):
            patch_vary_headers(response, ["Accept-Language", "Authorization"])
            if "Cache-Control" not in response.headers:
                response["Cache-Control"] = "private, no-store"
        return response
