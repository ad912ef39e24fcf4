"""OpenID Connect: whose identity token is this, and is it meant for us, now?

The services are those of allauth's settings, whose reader of keys and whose table of links
we use. The calls leave by our own client, which checks addresses, and the token is decoded
with the algorithms that we accept, not with the one that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import structlog
from allauth.socialaccount.internal.jwtkit import lookup_kid_jwk
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.utils.translation import gettext_lazy

from lokahome.core import clock
from lokahome.core.errors import NotAuthenticated, NotFound, TemporarilyUnavailable
from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.errors import HostRefused, NotJson, OutgoingError

log = structlog.get_logger(__name__)
ALGORITHMS = ("RS256", "ES256")
"""Public keys only: `none` proves nothing, and with a shared secret we could forge."""
LEEWAY = timedelta(seconds=60)
KEPT = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(seconds=60)
"""A token with an unknown key makes us ask for new ones, not every token that claims one."""
_kept: dict[str, tuple[Any, Any]] = {}


class OidcOff(NotFound):
    """This service is not one that people can sign in with here."""

    code = "oidc.off"
    title = gettext_lazy("Cette façon de se connecter n’est pas ouverte")


class IdentityTokenRefused(NotAuthenticated):
    """The token is forged, expired, for somebody else, or answers no attempt of ours."""

    code = "oidc.token_refused"
    title = gettext_lazy("Connexion externe refusée")


@dataclass(frozen=True, slots=True)
class ExternalService:
    """Our registration with another service. Its apps ask for tokens that are for us."""

    issuer: str
    client_id: str
    secret: str
    app_client_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says: who, and in answer to which attempt."""

    subject: str
    nonce: str


def service_of(provider: str) -> ExternalService:
    """Return our registration with *provider*; raises OidcOff where there is none.

    From the settings alone: a row of allauth's table must not name another issuer.
    """
    for app in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]:
        if app["provider_id"] == provider:
            return ExternalService(
                issuer=app["settings"]["server_url"],
                client_id=app["client_id"],
                secret=app["secret"],
                app_client_ids=frozenset(app["settings"]["app_client_ids"]),
            )
    raise OidcOff


def exchange_code(
    provider: str, *, code: str, code_verifier: str, redirect_uri: str
) -> str:
    """Return the identity token that *provider* gives for an authorization code (PKCE).

    Raises OidcOff, IdentityTokenRefused for a code that it does not take or an address
    that is not one of ours, TemporarilyUnavailable. Call it outside a transaction.
    """
    service = service_of(provider)
    if redirect_uri not in settings.OIDC_REDIRECT_URIS:
        raise IdentityTokenRefused
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": code_verifier,
        "redirect_uri": redirect_uri,
        "client_id": service.client_id,
        "client_secret": service.secret,
    }
    answer = _ask(str(_configuration(service)["token_endpoint"]), form=form)
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise IdentityTokenRefused
    return token


def read_identity_token(provider: str, token: str) -> Claims:
    """Return what *token* says, once it is proved to be *provider*'s, for us and fresh.

    The nonce still has to be one that waits (`external_identities.use_nonce`). Raises
    OidcOff, IdentityTokenRefused, TemporarilyUnavailable. Call it outside a transaction.
    """
    service = service_of(provider)
    config = _configuration(service)
    try:
        claims = jwt.decode(
            token,
            key=_key_of(token, str(config["jwks_uri"])),
            algorithms=list(ALGORITHMS),
            audience=service.client_id,
            issuer=str(config["issuer"]),
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        log.info("an identity token was refused", why=type(error).__name__)
        raise IdentityTokenRefused from error
    subject, nonce = claims["sub"], claims["nonce"]
    if not (isinstance(subject, str) and isinstance(nonce, str) and subject and nonce):
        raise IdentityTokenRefused
    if not _was_asked_by_us(claims, service):
        raise IdentityTokenRefused
    return Claims(subject, nonce)


def _was_asked_by_us(claims: dict[str, Any], service: ExternalService) -> bool:
    # Core 1.0, 3.1.3.7: a token for several says in `azp` which of them asked for it.
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    asked_by = claims.get("azp")
    if asked_by is None:
        return not several
    return asked_by == service.client_id or asked_by in service.app_client_ids


def _key_of(token: str, keys_url: str) -> Any:
    header = jwt.get_unverified_header(token)
    key_id = header.get("kid")
    if header.get("alg") not in ALGORITHMS or not isinstance(key_id, str):
        raise IdentityTokenRefused
    for oldest in (KEPT, ASKED_AGAIN_AFTER):
        try:
            key = lookup_kid_jwk(_known(keys_url, oldest), key_id)
        except (OAuth2Error, KeyError, TypeError) as error:
            raise IdentityTokenRefused from error
        if key is not None:
            return key
    raise IdentityTokenRefused


def _configuration(service: ExternalService) -> dict[str, Any]:
    config = _known(f"{service.issuer}/.well-known/openid-configuration", KEPT)
    if config.get("issuer") != service.issuer:
        log.error("a service calls itself by another name", issuer=service.issuer)
        raise TemporarilyUnavailable
    return config


def _known(url: str, oldest: timedelta) -> dict[str, Any]:
    """Return the document at *url*, as it was at most *oldest* ago."""
    now = clock.now()
    asked_at, known = _kept.get(url, (None, None))
    if asked_at is None or now - asked_at > oldest:
        known = _ask(url)
        _kept[url] = (now, known)
    if not isinstance(known, dict):
        raise TemporarilyUnavailable
    return known


def _ask(url: str, *, form: dict[str, str] | None = None) -> Any:
    parts = urlsplit(url)
    try:
        with OutgoingClient(
            f"{parts.scheme}://{parts.netloc}",
            allowed_hosts=settings.OIDC_HOSTS,
            allow_loopback=settings.DEBUG,
            deadline_seconds=10,
            max_bytes=200_000,
        ) as http:
            answer = http.request("POST" if form else "GET", parts.path, form=form)
        if form is not None and 400 <= answer.status < 500:
            raise IdentityTokenRefused
        if answer.status != 200:
            raise TemporarilyUnavailable(retry_after_seconds=10)
        return answer.json()
    except (OutgoingError, NotJson, HostRefused) as error:
        log.warning("a service does not answer", host=parts.hostname, why=str(error))
        raise TemporarilyUnavailable(retry_after_seconds=10) from error
