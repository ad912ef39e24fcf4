"""``Idempotency-Key``: the effect, its fingerprint and its answer commit together.

A phone that lost the answer sends the request again and gets the same answer, marked
``Idempotency-Replayed: true``. A POST that creates an object may use the object's own
client-made ``id`` as its key.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core.api.renderers import JSONRenderer
from lokahome.core.db.locks import try_advisory_lock
from lokahome.core.db.models import BaseModel
from lokahome.core.errors import BadRequest, DomainError, FieldError

KEPT_DAYS = 30
KEPT_HEADERS = ("Location", "ETag", "Content-Language")


class IdempotencyKey(BaseModel):
    """One request that was carried out, and what it was answered."""

    scope = models.CharField(max_length=80)
    route = models.CharField(max_length=160)
    key = models.CharField(max_length=36)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["scope", "route", "key"], name="core_idempotency_once"
            ),
        )
        indexes = (models.Index(fields=["created_at"], name="core_idempotency_age"),)

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class KeyMissing(BadRequest):
    """This path needs an ``Idempotency-Key`` header holding a UUID."""

    code = "idempotency.key_missing"
    title = gettext_lazy("L’en-tête Idempotency-Key (UUID) est obligatoire")


class KeyReused(DomainError):
    """The key was used before with another body."""

    code = "idempotency.key_reused"
    status = 422
    title = gettext_lazy("Cette clé a déjà servi à une autre demande")


class KeyInProgress(DomainError):
    """The first request with this key is still at work."""

    code = "idempotency.in_progress"
    status = 409
    title = gettext_lazy("Cette demande est déjà en cours")
    retryable = True


View = Callable[..., Response]


def idempotent(*, required: bool = True) -> Callable[[View], View]:
    """Make a view method (POST) idempotent; it runs inside one transaction.

    With ``required=False`` the key may also be the body's ``id``, or be absent. Raises
    KeyMissing (400), KeyReused (422), KeyInProgress (409 with Retry-After). Refusals
    roll back and are not remembered: a corrected request may use the same key.
    """

    def decorate(method: View) -> View:
        @functools.wraps(method)
        def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            raw = request._request.body
            key = read_key(request, required=required)
            if key is None:
                with transaction.atomic():
                    return method(self, request, *args, **kwargs)
            scope = f"user:{request.user.pk or 'anonymous'}"
            route = route_of(request)
            seen = f"{request.path}\n".encode() + raw
            fingerprint = hashlib.sha256(seen).hexdigest()
            with transaction.atomic():
                if not try_advisory_lock("idempotency", scope, route, key):
                    raise KeyInProgress(retry_after_seconds=1)
                stored = IdempotencyKey.objects.filter(
                    scope=scope, route=route, key=key
                ).first()
                if stored is not None:
                    return replay(stored, fingerprint)
                response = method(self, request, *args, **kwargs)
                # Its sentences stay in this language, whoever asks for it again.
                response.headers.setdefault("Content-Language", get_language() or "fr")
                response.data = JSONRenderer().render(response.data)
                IdempotencyKey(
                    scope=scope,
                    route=route,
                    key=key,
                    fingerprint=fingerprint,
                    status=response.status_code,
                    headers={
                        name: response[name]
                        for name in KEPT_HEADERS
                        if name in response
                    },
                    body=response.data,
                ).save()
            return response

        return wrapper

    return decorate


def route_of(request: Request) -> str:
    """Return method and path pattern, and in whose name the request is made.

    One key in an agency's name and in one's own are two requests: neither gets the
    other's answer.
    """
    match = request.resolver_match
    path = match.route if match else request.path
    context = getattr(request.user, "context", None)
    name = f"agency:{context.agency_id} " if context is not None else ""
    return f"{request.method} {name}{path}"[:160]


def read_key(request: Request, *, required: bool) -> str | None:
    """Return the request's key, or None; raises KeyMissing."""
    text = request.headers.get("Idempotency-Key", "")
    if not text and not required:
        text = str(dict(request.data).get("id") or "")
        if not text:
            return None
    try:
        return str(UUID(text))
    except ValueError as error:
        if required:
            raise KeyMissing from error
        detail = _("Un UUID est attendu.")
        raise BadRequest(errors=[FieldError("invalid", detail, "/id")]) from error


def replay(stored: IdempotencyKey, fingerprint: str) -> Response:
    """Return the stored answer; raises KeyReused when the body is another one."""
    if stored.fingerprint != fingerprint:
        raise KeyReused
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return Response(bytes(stored.body), status=stored.status, headers=headers)
