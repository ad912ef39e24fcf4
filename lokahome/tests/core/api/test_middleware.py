"""What wraps every answer: its id, its policy, and the door for apps too old."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.api.middleware import ContentSecurityPolicyMiddleware, is_too_old
from lokahome.tests.core.api.test_problems import problem

CONFIG = "/api/v1/app-config"
PROBLEMS = "/api/v1/problems"


# --- Request ids ---------------------------------------------------------------------


def test_a_request_id_is_echoed(anonymous):
    response = anonymous.get(PROBLEMS, HTTP_REQUEST_ID="phone-0123456789")
    assert response["Request-Id"] == "phone-0123456789"


@pytest.mark.parametrize(
    "garbage", ["", "x", "a" * 65, "a b c d e f g", "<b>12345</b>"]
)
def test_garbage_is_replaced_and_never_echoed(anonymous, garbage):
    response = anonymous.get(PROBLEMS, HTTP_REQUEST_ID=garbage)
    assert response["Request-Id"] != garbage
    assert len(response["Request-Id"]) == 36


def test_each_request_has_an_id_of_its_own(anonymous):
    ids = {anonymous.get(PROBLEMS)["Request-Id"] for _ in range(5)}
    assert len(ids) == 5


# --- Apps that are too old -----------------------------------------------------------


@pytest.fixture(autouse=True)
def versions(settings):
    settings.OLDEST_APP_VERSIONS = {"android": "1.4.0", "ios": "2.0.0"}


@pytest.mark.parametrize(
    ("header", "old"),
    [
        ("android/1.4.0", False),
        ("android/1.4", False),
        ("android/1.3.9", True),
        ("android/1.10.0", False),
        ("android/1", True),
        ("android/2", False),
        ("ANDROID/1.0.0", True),
        ("ios/2", False),
        ("ios/1.99.99", True),
        ("ios/2.0.0-beta", False),
        ("windows/0.1", False),
        ("android/", True),
        ("android", True),
        ("android/x.y.z", True),
        ("android/" + "9" * 5_000, True),
        ("android/١.٤.٠", True),
        ("/", False),
    ],
)
def test_versions_are_compared_as_numbers(header, old):
    assert is_too_old(header) is old


@given(st.text(max_size=40))
def test_no_header_crashes_the_comparison(text):
    assert is_too_old(text) in {True, False}
    assert is_too_old(f"android/{text}") in {True, False}


def test_an_app_too_old_is_told_to_update(anonymous):
    response = anonymous.get(PROBLEMS, HTTP_LOKAHOME_APP="android/1.3.9")
    problem(response, 426, "app.too_old")


def test_an_app_too_old_may_still_ask_which_version_it_needs(anonymous):
    response = anonymous.get(CONFIG, HTTP_LOKAHOME_APP="android/1.0.0")
    assert response.status_code == 200
    assert response.json()["oldest_versions"] == {"android": "1.4.0", "ios": "2.0.0"}


def test_an_app_that_is_new_enough_and_one_that_says_nothing_are_served(anonymous):
    for headers in ({"HTTP_LOKAHOME_APP": "ios/2.1.0"}, {}):
        assert anonymous.get(PROBLEMS, **headers).status_code == 200


# --- Security policy -----------------------------------------------------------------


def policy(response):
    return response["Content-Security-Policy"]


def test_the_api_may_load_nothing(anonymous):
    assert policy(anonymous.get(PROBLEMS)) == ContentSecurityPolicyMiddleware.API
    assert policy(anonymous.get("/api/v1/nowhere")).startswith("default-src 'none'")


def test_pages_load_their_own_files_and_no_inline_script(anonymous, db):
    found = policy(anonymous.get("/r/unknown"))
    assert "script-src 'self'" in found
    assert "unsafe" not in found
    assert "frame-ancestors 'none'" in found


def test_only_the_back_office_and_the_documentation_may_do_more(anonymous, db):
    for path in ("/admin/login/", "/api/v1/docs"):
        found = policy(anonymous.get(path))
        assert "'unsafe-inline'" in found, path
        assert "object-src 'none'" in found
        assert "http:" not in found
        assert "*" not in found


def test_the_documentation_loads_nothing_from_elsewhere(anonymous):
    page = anonymous.get("/api/v1/docs").content.decode()
    assert "//cdn" not in page
    assert "https://unpkg" not in page


def test_answers_of_the_api_are_private_unless_they_say_otherwise(anonymous, ama):
    assert ama.get("/api/v1/shelf")["Cache-Control"] == "private, no-store"
    assert anonymous.get(CONFIG)["Cache-Control"] == "public, max-age=3600"
    vary = ama.get("/api/v1/shelf")["Vary"]
    assert {"Accept-Language", "Authorization"} <= set(vary.split(", "))


def test_answers_say_what_they_are(anonymous):
    response = anonymous.get(PROBLEMS)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Content-Type"] == "application/json"


def test_no_answer_of_the_api_sets_a_cookie(anonymous, ama):
    for response in (anonymous.get(PROBLEMS), ama.get("/api/v1/shelf")):
        assert not response.cookies


def test_long_answers_are_compressed(anonymous):
    response = anonymous.get(PROBLEMS, HTTP_ACCEPT_ENCODING="gzip")
    assert response["Content-Encoding"] == "gzip"


# --- Languages -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB,fr;q=0.5", "en"),
        ("de", "fr"),
        ("fon,yo", "fr"),
    ],
)
def test_the_answer_speaks_french_unless_english_is_asked_for(
    anonymous, header, language
):
    response = anonymous.get(PROBLEMS, HTTP_ACCEPT_LANGUAGE=header)
    assert response["Content-Language"] == language


def test_a_cookie_does_not_choose_the_language_of_the_api(anonymous):
    anonymous.cookies["django_language"] = "en"
    assert anonymous.get(PROBLEMS)["Content-Language"] in {"fr", "en"}
