"""Web pages of other origins: an exact list, and no cookie ever."""

from __future__ import annotations

import pytest

APP = "https://app.lokahome.example"
PATH = "/api/v1/app-config"


@pytest.fixture(autouse=True)
def one_app(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]


def ask(client, origin, path=PATH, **extra):
    return client.get(path, HTTP_ORIGIN=origin, **extra)


def names(response):
    return {
        name.lower() for name in response.headers if name.lower().startswith("access-")
    }


def test_a_listed_origin_may_read_the_api(client, db):
    response = ask(client, APP)
    assert response["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Credentials" not in response
    assert "origin" in response["Vary"].lower()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.lokahome.example",
        "https://app.lokahome.example.evil.example",
        "https://app.lokahome.example:8443",
        "https://evilapp.lokahome.example",
        "null",
        "*",
    ],
)
def test_nobody_else_is_answered_with_a_permission(client, db, origin):
    assert names(ask(client, origin)) == set()


def test_a_preflight_names_the_headers_of_our_apps(client, db):
    response = client.options(
        PATH,
        HTTP_ORIGIN=APP,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization",
    )
    allowed = response["Access-Control-Allow-Headers"]
    for name in ("authorization", "idempotency-key", "lokahome-device"):
        assert name in allowed
    assert "cookie" not in allowed


@pytest.mark.parametrize("path", ["/livez", "/admin/login/", "/"])
def test_pages_are_not_for_other_origins(client, db, path):
    assert names(ask(client, APP, path)) == set()


def test_no_origin_is_listed_unless_somebody_lists_it(client, db, settings):
    settings.CORS_ALLOWED_ORIGINS = []
    assert names(ask(client, APP)) == set()
