"""Refusals: what the domain says no with, and the catalogue of them.

Every refusal is a class with a stable, namespaced ``code``; an app never has to read
the sentence. Doors translate them (`lokahome.core.api.problems` to RFC 9457). Each class
lives beside the function that raises it; this module holds those that many share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CATALOGUE: dict[str, type[DomainError]] = {}


@dataclass(frozen=True)
class FieldError:
    """One failure of one input: a JSON *pointer* (RFC 6901) or a query *parameter*."""

    code: str
    detail: str
    pointer: str = ""
    parameter: str = ""


class DomainError(Exception):
    """A refusal with nothing changed. Subclasses set ``code``, ``status``, ``title``.

    *detail* is in the reader's language, without personal data; *errors* lists every
    failure at once; *retry_after_seconds* makes the refusal retryable;
    *allowed_actions* tells what the object's state permits (409); *members* are further
    members of the problem, by name, as `lokahome.core.api.schema.PROBLEM` lists them.
    """

    code: ClassVar[str] = ""
    status: ClassVar[int] = 409
    title: ClassVar[str | Promise] = gettext_lazy("Action impossible")
    retryable: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        code = cls.__dict__.get("code")
        if code:
            known = CATALOGUE.get(code)
            if known is not None and known.__qualname__ != cls.__qualname__:
                raise TypeError(f"two refusals share the code {code}")
            CATALOGUE[code] = cls

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        retry_after_seconds: int | None = None,
        allowed_actions: Sequence[str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        self.detail = detail or self.default_detail()
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds
        self.allowed_actions = allowed_actions
        self.members = dict(members or {})
        super().__init__(f"{self.code}: {self.detail}")

    def default_detail(self) -> str:
        """Return the sentence used when the raiser gives none."""
        return str(self.title)


class InvalidInput(DomainError):
    """A value is well-formed but not acceptable."""

    code = "request.invalid"
    status = 422
    title = gettext_lazy("Certaines informations ne sont pas valides")


class BadRequest(DomainError):
    """The request cannot be read, or has a parameter that does not exist."""

    code = "request.malformed"
    status = 400
    title = gettext_lazy("La requête ne peut pas être lue")


class NotAuthenticated(DomainError):
    """No valid access token came with the request."""

    code = "auth.required"
    status = 401
    title = gettext_lazy("Connectez-vous pour continuer")


class NotAllowed(DomainError):
    """The person is known and may see the object, but not do this."""

    code = "auth.not_allowed"
    status = 403
    title = gettext_lazy("Vous n’avez pas le droit de faire cela")


class NotFound(DomainError):
    """Nothing here, or nothing that this person may see: the two look the same."""

    code = "resource.not_found"
    status = 404
    title = gettext_lazy("Introuvable")


class StateConflict(DomainError):
    """The object's state does not permit the action."""

    code = "state.conflict"
    status = 409
    title = gettext_lazy("L’état actuel ne permet pas cette action")


class AlreadyExists(DomainError):
    """An object with this id, or of which there is only one, exists already."""

    code = "resource.already_exists"
    status = 409
    title = gettext_lazy("Cet élément existe déjà")


class StaleVersion(DomainError):
    """Somebody changed the object since it was read."""

    code = "version.stale"
    status = 412
    title = gettext_lazy("Cet élément a changé entre-temps")

    def default_detail(self) -> str:
        return _("Rechargez-le, vérifiez, puis recommencez.")


class RateLimited(DomainError):
    """A limit is reached; ``Retry-After`` says when to come back."""

    code = "rate.limited"
    status = 429
    title = gettext_lazy("Trop de demandes")
    retryable = True


class TemporarilyUnavailable(DomainError):
    """Something we depend on does not answer; nothing was done."""

    code = "service.unavailable"
    status = 503
    title = gettext_lazy("Service momentanément indisponible")
    retryable = True


class MethodNotAllowed(DomainError):
    """The path exists, the method does not."""

    code = "request.method_not_allowed"
    status = 405
    title = gettext_lazy("Méthode non autorisée")


class NotAcceptable(DomainError):
    """The client accepts no JSON."""

    code = "request.not_acceptable"
    status = 406
    title = gettext_lazy("Seul le JSON est servi ici")


class UnsupportedMediaType(DomainError):
    """The body is not of a type that this path reads."""

    code = "request.unsupported_media_type"
    status = 415
    title = gettext_lazy("Type de contenu non pris en charge")


class TooLarge(DomainError):
    """The body is larger than this path accepts."""

    code = "request.too_large"
    status = 413
    title = gettext_lazy("Contenu trop volumineux")


class ServerError(DomainError):
    """A fault of ours; quote the request id to support."""

    code = "server.error"
    status = 500
    title = gettext_lazy("Une erreur est survenue de notre côté")
    retryable = True
