"""System checks: each dangerous setting is refused by an id of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as live
from django.core.checks.registry import registry

from deploy.local.gate import production_environment
from lokahome.core import checks

GOOD = {
    "DEBUG": False,
    "SECRET_KEY": "a" * 40,
    "CODE_HASH_KEY": "b" * 40,
    "CURSOR_KEY": "c" * 40,
    "LOCATION_BLUR_KEY": "d" * 40,
    "DOCUMENT_SEAL_KEY": "e" * 40,
    "LOOKUP_KEY": "g" * 40,
    "AUDIT_SEAL_KEY": "h" * 40,
    "JWT_SIGNING_KEYS": {"1": "f" * 40, "0": "i" * 40},
    "FIELD_KEYS": {"1": "j" * 40},
    "PUBLIC_URL": "https://lokahome.example",
    "DEV_DOORS": False,
    "SIMULATOR_URL": "",
    "FEDAPAY_API_BASE": "https://api.fedapay.com",
    "SMS_TRANSPORT": "carrier",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "FAILPOINT_DIR": "",
    "AUDIT_ANCHOR_URL": "file:///mnt/anchor/audit.jsonl",
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "REST_FRAMEWORK": {**live.REST_FRAMEWORK, "NUM_PROXIES": 1},
}
CHECKS = (
    checks.check_secrets,
    checks.check_development_doors,
    checks.check_roles,
    checks.check_simulators,
    checks.check_token_cookie,
    checks.check_failpoints,
    checks.check_audit_anchor,
    checks.check_proxies,
)
FIRES = [
    ("E001", {"CURSOR_KEY": "short"}),
    ("E001", {"JWT_SIGNING_KEYS": {"1": "f" * 40, "0": "short"}}),
    ("E001", {"FIELD_KEYS": {"1": "short"}}),
    ("E002", {"CURSOR_KEY": "a" * 40}),
    ("E002", {"JWT_SIGNING_KEYS": {"1": "f" * 40, "0": "a" * 40}}),
    ("E002", {"FIELD_KEYS": {"1": "g" * 40}}),
    ("E003", {"DEV_DOORS": True}),
    ("E003", {"DEV_DOORS": True, "PUBLIC_URL": "http://127.0.0.1:8000"}),
    ("E003", {"DEV_DOORS": True, "DEBUG": True}),
    ("E003", {"DEV_DOORS": True, "DEBUG": True, "PUBLIC_URL": "http://10.0.0.5"}),
    ("E005", {"SIMULATOR_URL": "http://127.0.0.1:8002"}),
    ("E005", {"FEDAPAY_API_BASE": "http://localhost:8002"}),
    ("E006", {"SMS_TRANSPORT": "caught"}),
    ("E006", {"EMAIL_BACKEND": "messaging.channels.email_caught.CaughtEmailBackend"}),
    ("E007", {"REST_AUTH": {**live.REST_AUTH, "JWT_AUTH_COOKIE": "token"}}),
    ("E007", {"REST_AUTH": {**live.REST_AUTH, "JWT_AUTH_COOKIE": "t"}, "DEBUG": True}),
    ("E007", {"REST_AUTH": {**live.REST_AUTH, "JWT_AUTH_REFRESH_COOKIE": "t"}}),
    ("E008", {"FAILPOINT_DIR": "/run/failpoints"}),
    ("E013", {"AUDIT_ANCHOR_URL": ""}),
    ("W001", {"SMS_TRANSPORT": "none"}),
    ("W002", {"REST_FRAMEWORK": {**live.REST_FRAMEWORK, "NUM_PROXIES": 0}}),
]


def fired(settings, values):
    for name, value in {**GOOD, **values}.items():
        setattr(settings, name, value)
    return {message.id for check in CHECKS for message in check(None)}


def test_good_settings_are_silent(settings):
    assert fired(settings, {}) == set()


@pytest.mark.parametrize(("number", "values"), FIRES)
def test_a_dangerous_setting_is_refused_by_its_own_id(settings, number, values):
    assert fired(settings, values) == {f"lokahome.{number}"}


def test_one_role_for_everything_is_refused_outside_development(settings, monkeypatch):
    owner = settings.DATABASES["owner"]["USER"]
    monkeypatch.setitem(settings.DATABASES["default"], "USER", owner)
    assert fired(settings, {}) == {"lokahome.E004"}
    assert fired(settings, {"DEBUG": True}) == set()


def test_doors_of_development_open_on_loopback_only(settings):
    doors = {"DEBUG": True, "DEV_DOORS": True}
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert fired(settings, {**doors, "PUBLIC_URL": f"http://{host}"}) == set()


def test_every_id_in_the_code_is_seen_to_fire():
    source = Path(checks.__file__).read_text(encoding="utf-8")
    known = set(re.findall(r'id="lokahome\.([EWI]\d{3})"', source))
    assert known - {"E004"} == {number for number, _values in FIRES}


def test_the_checks_are_registered():
    assert set(CHECKS) <= set(registry.get_checks(include_deployment_checks=True))


def test_deployment_checks_are_clean_with_the_settings_of_production():
    done = subprocess.run(
        [
            *(sys.executable, "manage.py", "check", "--deploy"),
            *("--fail-level", "WARNING"),
        ],
        cwd=live.BASE_DIR,
        env={**os.environ, **production_environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
