"""Health: alive means running, ready means that the database answers."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection

from lokahome.asgi import application
from lokahome.core import health

UNUSED = 1
"""A port that nothing listens to."""


@pytest.fixture
def database_down(db, monkeypatch):
    """Point this thread's connection at a port that nobody answers on."""
    health_connection = connection.copy()
    health_connection.settings_dict["PORT"] = UNUSED
    monkeypatch.setattr(health, "connection", health_connection)


@pytest.fixture
def redis_down(monkeypatch):
    """A cache whose Redis is not there."""
    monkeypatch.setattr(
        health, "cache", RedisCache(f"redis://127.0.0.1:{UNUSED}/0", {})
    )


def ask_asgi(path):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "path": path, "method": "GET", "headers": []}
    async_to_sync(application)(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_process_that_runs_is_alive_whatever_it_needs(
    client, database_down, redis_down
):
    response = client.get("/livez")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_a_process_is_ready_while_its_servers_answer(client, db):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "redis": True}


def test_a_process_without_its_database_is_not_ready(client, database_down):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": False, "redis": True}


def test_a_process_without_redis_still_serves_and_says_so(client, db, redis_down):
    """Nothing lives in Redis alone: pages and payments go on, later than usual."""
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "redis": False}


def test_health_is_asked_in_plain_http_and_never_cached(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    for path in ("/livez", "/readyz"):
        response = client.get(path)
        assert response.status_code == 200, "a probe speaks plain HTTP"
        assert "no-store" in response["Cache-Control"]


def test_the_socket_process_answers_the_same(monkeypatch):
    everything = {"database": True, "redis": True}
    monkeypatch.setattr(health, "readiness", lambda: everything)
    assert ask_asgi("/livez") == (200, {"status": "ok"})
    assert ask_asgi("/readyz") == (200, everything)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"database": True, "redis": False}, 200),
        ({"database": False, "redis": True}, 503),
    ],
)
def test_sockets_go_on_without_redis_and_not_without_their_log(
    monkeypatch, parts, status
):
    monkeypatch.setattr(health, "readiness", lambda: parts)
    assert ask_asgi("/readyz") == (status, parts)


def test_the_socket_process_serves_nothing_else():
    assert ask_asgi("/admin/")[0] == 404


def test_readiness_asks_the_servers_themselves(db):
    assert health.readiness() == {"database": True, "redis": True}
    assert caches["default"].get("readyz") is None


@pytest.fixture
def redis_hung(monkeypatch):
    """A cache whose Redis takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        entry = settings.CACHES["default"]
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        hung = RedisCache(url, {"OPTIONS": entry["OPTIONS"]})
        monkeypatch.setattr(health, "cache", hung)
        yield


def test_a_redis_that_hangs_is_told_before_a_probe_gives_up(client, db, redis_hung):
    begun = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - begun < 3
    assert response.status_code == 200
    assert response.json() == {"database": True, "redis": False}
