"""Hints: after the commit, to each person's sockets, and never in anybody's way."""

import asyncio
import time

import pytest
from channels.layers import get_channel_layer
from django.db import transaction
from structlog.testing import capture_logs

from lokahome.core.ids import uuid7
from messaging import hints
from messaging.hints import group_of, hint, send_hints


class Layer:
    """A channel layer that keeps what it is given, or fails as it is told."""

    def __init__(self, fault=None):
        self.sent, self.fault, self.tries = [], fault, 0

    async def group_send(self, group, message):
        self.tries += 1
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault == "hangs":
            await asyncio.sleep(60)
        self.sent.append((group, message))


@pytest.fixture
def layer(monkeypatch):
    """A layer that works, in a process that knows of no outage."""
    made = Layer()
    monkeypatch.setattr(hints, "get_channel_layer", lambda: made)
    monkeypatch.setattr(hints, "outage", hints._Outage())
    return made


@pytest.mark.django_db(transaction=True)
def test_a_hint_says_that_a_log_moved_and_nothing_else(layer):
    person = uuid7()
    hint({person: 42})
    told = {"type": "log.moved", "person": person.hex, "useq": 42}
    assert layer.sent == [(f"u.{person.hex}", told)]
    assert len(group_of(person)) < 100, "the layer's own limit"


@pytest.mark.django_db(transaction=True)
def test_a_hint_waits_for_the_commit(layer):
    with transaction.atomic():
        hint({uuid7(): 1})
        assert layer.sent == []
    assert len(layer.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_hinted(layer):
    with transaction.atomic():
        hint({uuid7(): 1})
        transaction.set_rollback(True)
    assert layer.sent == []


@pytest.mark.django_db(transaction=True)
def test_nobody_to_hint_is_nothing_to_do(layer):
    hint({})
    assert layer.tries == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [ConnectionError(), OSError(), RuntimeError()])
def test_a_layer_that_fails_is_nobodys_trouble_and_told_once(layer, fault):
    layer.fault = fault
    with capture_logs() as logs:
        for _ in range(5):
            hint({uuid7(): 1})
    assert layer.tries == 1, "the others do not even try for a while"
    assert [entry["event"] for entry in logs] == ["hints are not sent"]
    layer.fault, hints.outage.until = None, 0.0
    with capture_logs() as logs:
        hint({uuid7(): 1})
        hint({uuid7(): 2})
    assert len(layer.sent) == 2
    assert [entry["event"] for entry in logs] == ["hints are sent again"]


@pytest.mark.django_db(transaction=True)
def test_a_layer_that_hangs_is_waited_for_once_and_shortly(layer, monkeypatch):
    monkeypatch.setattr(hints, "TIMEOUT_SECONDS", 0.05)
    layer.fault = "hangs"
    began = time.monotonic()
    with capture_logs() as logs:
        for _ in range(5):
            hint({uuid7(): 1, uuid7(): 1})
    assert time.monotonic() - began < 2
    assert [entry["error"] for entry in logs] == ["TimeoutError"]


@pytest.mark.django_db(transaction=True)
def test_a_layer_that_is_not_there_is_nobodys_trouble(monkeypatch):
    monkeypatch.setattr(hints, "get_channel_layer", lambda: None)
    hint({uuid7(): 1})


@pytest.mark.django_db(transaction=True)
def test_redis_that_is_down_is_nobodys_trouble(settings, monkeypatch):
    monkeypatch.setattr(hints, "outage", hints._Outage())
    settings.CHANNEL_LAYERS = {
        "default": {
            **settings.CHANNEL_LAYERS["default"],
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    with capture_logs() as logs:
        hint({uuid7(): 1})
    assert [entry["event"] for entry in logs] == ["hints are not sent"]


async def test_code_that_is_asynchronous_sends_without_a_thread(layer):
    person = uuid7()
    await send_hints({person: 7})
    told = {"type": "log.moved", "person": person.hex, "useq": 7}
    assert layer.sent == [(group_of(person), told)]


@pytest.mark.django_db(transaction=True)
async def test_a_hint_reaches_the_group_through_redis(settings, monkeypatch):
    monkeypatch.setattr(hints, "outage", hints._Outage())
    layer, person = get_channel_layer(), uuid7()
    channel = await layer.new_channel()
    await layer.group_add(group_of(person), channel)
    await send_hints({person: 3, uuid7(): 9})
    heard = await asyncio.wait_for(layer.receive(channel), 5)
    assert heard == {"type": "log.moved", "person": person.hex, "useq": 3}
    await layer.group_discard(group_of(person), channel)
