"""System checks: prerequisites, and settings that must never meet the public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SECRETS = (
    "SECRET_KEY",
    "CODE_HASH_KEY",
    "CURSOR_KEY",
    "LOCATION_BLUR_KEY",
    "DOCUMENT_SEAL_KEY",
    "LOOKUP_KEY",
    "AUDIT_SEAL_KEY",
)
KEYRINGS = ("JWT_SIGNING_KEYS", "FIELD_KEYS")


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


@register(Tags.security)
def check_secrets(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E001: weak secrets; E002: one secret used for two things (outside DEBUG)."""
    if settings.DEBUG:
        return []
    values = {name: str(getattr(settings, name)) for name in SECRETS}
    for ring in KEYRINGS:
        for key_id, value in getattr(settings, ring).items():
            values[f"{ring}[{key_id}]"] = value
    found: list[CheckMessage] = [
        Error(f"{name} has fewer than 32 characters.", id="lokahome.E001")
        for name, value in values.items()
        if len(value) < 32
    ]
    if len(set(values.values())) < len(values):
        found.append(
            Error(
                "Two secrets have the same value; each key has one use.",
                id="lokahome.E002",
            )
        )
    return found


@register(Tags.security)
def check_development_doors(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E003: doors of development (caught messages, consoles, demo log-ins) are open."""
    if not settings.DEV_DOORS:
        return []
    if settings.DEBUG and _host(settings.PUBLIC_URL) in LOOPBACK:
        return []
    return [
        Error(
            "DEV_DOORS is on, but DEBUG is off or PUBLIC_URL is not on loopback.",
            hint="Unset DEV_DOORS: the caught messages show sign-in codes.",
            id="lokahome.E003",
        )
    ]


@register(Tags.database)
def check_roles(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E004: one database role for everything, so the ledger could be rewritten."""
    roles = {settings.DATABASES[name]["USER"] for name in ("default", "owner")}
    if len(roles) == 2 or settings.DEBUG:
        return []
    return [
        Error(
            "DATABASE_URL and DATABASE_OWNER_URL use the same role.",
            hint="CREATE ROLE lokahome_app LOGIN PASSWORD '…'; and use it for"
            " DATABASE_URL. The owner's role is for migrations.",
            id="lokahome.E004",
        )
    ]


@register(Tags.security)
def check_simulators(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E005: a gateway simulator, or a caught transport, in production."""
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    if settings.SIMULATOR_URL or _host(settings.FEDAPAY_API_BASE) in LOOPBACK:
        found.append(
            Error("A gateway points at a simulator outside DEBUG.", id="lokahome.E005")
        )
    if settings.SMS_TRANSPORT == "caught" or "caught" in settings.EMAIL_BACKEND:
        found.append(
            Error("SMS or mail is caught, not sent, outside DEBUG.", id="lokahome.E006")
        )
    if settings.SMS_TRANSPORT == "none":
        found.append(
            Warning("SMS_TRANSPORT is not set: nobody can sign in.", id="lokahome.W001")
        )
    return found


@register(Tags.security)
def check_audit_anchor(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E013: the audit log could be cut or rewritten whole, and nobody would see it."""
    if settings.DEBUG or settings.AUDIT_ANCHOR_URL:
        return []
    return [
        Error(
            "AUDIT_ANCHOR_URL is not set.",
            hint="s3://bucket/prefix of an account that the database's superuser does"
            " not have, or file:///… on another disk.",
            id="lokahome.E013",
        )
    ]


@register(Tags.security)
def check_proxies(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """W002: TLS ends in a proxy that is not counted, so everybody has its address."""
    if settings.DEBUG or not settings.SECURE_PROXY_SSL_HEADER:
        return []
    if settings.REST_FRAMEWORK["NUM_PROXIES"]:
        return []
    return [
        Warning(
            "NUM_PROXIES is 0 behind a proxy: limits by address are one for all.",
            hint="Set it to how many proxies of ours add to X-Forwarded-For.",
            id="lokahome.W002",
        )
    ]


@register(Tags.security)
def check_token_cookie(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E007: a token cookie would make every API write forgeable from another site."""
    if any(
        settings.REST_AUTH.get(name)
        for name in ("JWT_AUTH_COOKIE", "JWT_AUTH_REFRESH_COOKIE")
    ):
        return [
            Error("REST_AUTH sets a token cookie; use the header.", id="lokahome.E007")
        ]
    return []


@register(Tags.security)
def check_failpoints(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E008: failpoints kill the process; they belong to fault tests."""
    if settings.FAILPOINT_DIR and not settings.DEBUG:
        return [Error("FAILPOINT_DIR is set outside DEBUG.", id="lokahome.E008")]
    return []
