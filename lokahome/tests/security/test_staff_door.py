"""Nothing of the back-office before both proofs; its headers; its forms' tokens."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.admin.door.middleware import DOORSTEP
from accounts.models import User
from accounts.services.staff.second_factors import code_at, period_of
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import PASSWORD, SEED, make_person, make_staff

LOGIN = "/admin/login/"
ONE = str(uuid7())
SAMPLES = {"uuid": ONE, "int": "1", "slug": "publish", "str": "x", "path": ONE}


def patterns(resolver, prefix=""):
    for item in resolver.url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from patterns(item, route)
        elif isinstance(item, URLPattern):
            yield route


def filled(route):
    """Return *route* with something in the place of each of its parts."""
    path = re.sub(r"<(\w+):\w+>", lambda part: SAMPLES.get(part[1], "x"), route)
    path = re.sub(r"<\w+>", "x", path)
    path = re.sub(r"\(\?P<\w+>.*\)", "x", path).replace("^", "").replace("$", "")
    return f"/{path}"


PATHS = sorted(
    {filled(route) for route in patterns(get_resolver()) if route.startswith("admin/")}
    | {"/admin/", "/admin/no-such-page", "/admin/x/y/z/"}
)
GUARDED = [path for path in PATHS if path not in DOORSTEP]


@pytest.fixture
def colleague(db):
    """Somebody who may open almost every page, once inside."""
    return make_staff("everything", "moderator", "operator", "auditor").user


def nobody(_colleague):
    return Client


def half_way(colleague):
    browser = Client()
    browser.post(LOGIN, {"username": colleague.username, "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    return lambda: browser


def unproved(colleague):
    """Signed in by a way that asked for no second proof; a refusal ends it each time."""
    return lambda: signed_in(colleague)


def tenant(_colleague):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    browser = signed_in(person)
    return lambda: browser


def signed_in(person):
    browser = Client()
    browser.force_login(person)
    return browser


def test_the_walk_meets_every_list_of_the_back_office():
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    }
    assert lists <= set(GUARDED)
    assert len(GUARDED) > 100
    assert {path for path in PATHS if path in DOORSTEP} == DOORSTEP


@pytest.mark.parametrize("who", [nobody, half_way, unproved, tenant])
def test_every_path_is_closed_to_who_is_not_inside(colleague, who):
    open_browser = who(colleague)
    deeds = AuditEvent.objects.count()
    for path in GUARDED:
        for method in ("get", "post"):
            answer = getattr(open_browser(), method)(path)
            assert answer.status_code == 302, (method, path)
            assert answer["Location"].startswith(LOGIN), (method, path)
    assert AuditEvent.objects.count() == deeds, "nobody did anything"


def test_a_superuser_meets_the_glass_on_every_path(moderator):
    User.objects.filter(pk=moderator.id).update(is_superuser=True)
    for path in GUARDED:
        if path != "/admin/break-glass/":
            assert moderator.get(path)["Location"] == "/admin/break-glass/", path


# --- Forms and headers ---------------------------------------------------------------


def test_every_write_by_cookie_wants_the_forms_token(moderator):
    """Each path is posted to from inside, without a token: none gets through."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = moderator.cookies
    for path in PATHS:
        assert browser.post(path).status_code == 403, path


def test_the_token_of_another_site_is_none(moderator):
    browser = Client(
        enforce_csrf_checks=True, headers={"origin": "https://evil.example"}
    )
    browser.cookies = moderator.cookies
    page = browser.get("/admin/access/").content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
    answer = browser.post("/admin/access/codes/", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403


def test_the_control_the_token_lets_a_form_through(moderator):
    code = code_at(SEED, period_of(clock.now()))  # entering was for work
    moderator.post("/admin/access/", {"code": code}, format="multipart")
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = moderator.cookies
    page = browser.get("/admin/access/").content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
    answer = browser.post("/admin/access/codes/", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", [LOGIN, "/admin/", "/admin/access/", "/admin/accounts/user/", "/"]
)
def test_pages_say_who_may_frame_cache_and_script_them(moderator, path):
    answer = moderator.get(path)
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    assert "http:" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    if path.startswith("/admin/"):
        assert "no-store" in answer["Cache-Control"]
    else:
        assert "unsafe" not in policy


def test_the_sessions_cookie_is_for_our_own_pages_alone(moderator, settings):
    given = {"username": moderator.user.username, "password": PASSWORD}
    cookie = Client().post(LOGIN, given).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_AGE == 12 * 3600


def test_a_staff_session_is_no_way_into_the_api(moderator):
    assert moderator.get("/api/v1/me").status_code == 401
    assert moderator.post("/api/v1/me/roles", {}).status_code == 401
