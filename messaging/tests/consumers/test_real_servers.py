"""Two real servers by the command line of `make run`, a Redis of their own, real cuts."""

from __future__ import annotations

import contextlib
import time

import pytest
from websockets.exceptions import InvalidStatus

from deploy.local import packages, ports
from lokahome.core.ids import uuid7
from messaging.models import Message
from messaging.tests.consumers.phones import room_of
from messaging.tests.consumers.wires import (
    CUT,
    Copy,
    Line,
    cut_wire,
    redis_server,
    socket_server,
    ticket_for,
)

pytestmark = pytest.mark.skipif(
    packages.redis_binary() is None, reason="needs a Redis that it may stop"
)
CUTS = 40


@pytest.fixture(scope="module")
def servers(django_db_setup, tmp_path_factory):
    """Two servers and their Redis: the ports of the servers, and the Redis."""
    folder = tmp_path_factory.mktemp("servers")
    redis_port, *given = (ports.any_free() for _ in range(3))
    redis = redis_server(folder, redis_port)
    started = [
        socket_server(folder, number, port, redis_port)
        for number, port in enumerate(given)
    ]
    for process in (redis, *started):
        process.start()
    try:
        until = time.monotonic() + 60
        while late := [one for one in (redis, *started) if not one.is_ready()]:
            assert time.monotonic() < until, late[0].last_lines()
            time.sleep(0.05)
        yield given, redis
    finally:
        for process in (*started, redis):
            process.stop()


@pytest.fixture
def talk(committed, ama, kossi):
    """What Ama and Kossi talk in, written straight: no limit counts here."""
    return room_of(ama.user, kossi.user)


def say(line, room, body, client_id=None):
    client_id = str(client_id or uuid7())
    line.send(type="send", client_id=client_id, conversation_id=str(room.pk), body=body)
    return client_id


def test_a_megabyte_a_used_ticket_and_a_foreign_page(servers, talk, ama):
    (first, second), _redis = servers
    ticket = ticket_for(ama.user)
    line = Line(first)
    line.send(type="hello", ticket=ticket)
    line.until("live")
    thief = Line(second)
    thief.send(type="hello", ticket=ticket)
    assert thief.close_code() == 4401
    line.connection.send("x" * 1_000_000)
    assert line.close_code() == 1009
    with pytest.raises(InvalidStatus) as refused:
        Line(first, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    assert Message.objects.count() == 0


def test_a_session_cut_anywhere_goes_on_without_a_gap(servers, talk, ama, kossi):
    """The server's bytes are cut at many places; each time the copy becomes whole."""
    (first, second), _redis = servers
    writer = Copy(kossi.user)
    line = Line(second)
    writer.hello(line)
    line.until("live")
    said = [f"message {number}" + "é" * number for number in range(12)]
    for body in said:
        say(line, talk, body)
        assert line.until("ack")
    whole = Copy(ama.user)
    probe = Line(first)
    whole.hello(probe)
    epoch = probe.until("welcome")["epoch"]
    probe.connection.close()
    size = 5_200  # a handshake, the welcome, the batch, live
    cut = 0
    for number in range(CUTS):
        copy = Copy(ama.user)
        copy.epoch, copy.cursor = epoch, 0
        with cut_wire(first, down=60 + number * size // CUTS) as port:
            copy.follow(port, len(said))
        cut += (copy.cursor or 0) < len(said)
        copy.follow(first, len(said))
        assert copy.bodies == said
    assert cut > CUTS // 2, "the cuts come too late to prove anything"
    line.connection.close()


def test_a_send_cut_anywhere_is_one_message_when_it_is_sent_again(servers, talk, ama):
    (first, second), _redis = servers
    sent = {}
    for number in range(24):
        client_id = uuid7()
        body = f"message {number}"
        sent[str(client_id)] = body
        wire = cut_wire(first, up=330 + number * 14)
        with wire as port, contextlib.suppress(*CUT):
            line = Line(port)
            Copy(ama.user).hello(line)
            say(line, talk, body, client_id)
            line.until("ack")
        again = Line(second)
        Copy(ama.user).hello(again)
        say(again, talk, body, client_id)
        assert again.until("ack", "nack")["type"] == "ack"
        again.connection.close()
    rows = Message.objects.order_by("seq").values_list("seq", "client_id", "body")
    assert [seq for seq, *_rest in rows] == list(range(1, 25))
    assert {str(client_id): body for _seq, client_id, body in rows} == sent


def test_redis_killed_and_empty_in_the_middle_loses_nothing(servers, talk, ama, kossi):
    (first, second), redis = servers
    tenant, landlord = Copy(ama.user), Copy(kossi.user)
    near, far = Line(first), Line(second)
    for copy, line in ((tenant, near), (landlord, far)):
        copy.hello(line)
        while (frame := line.frame())["type"] != "live":
            copy.take(frame)
    said = []
    for number in range(20):
        if number in (5, 12):
            redis.strike()
        copy, line = ((tenant, near), (landlord, far))[number % 2]
        body = f"message {number}"
        said.append(body)
        client_id = say(line, talk, body)
        while client_id not in copy.acks:
            copy.take(line.frame())
    for copy, line in ((tenant, near), (landlord, far)):
        while (copy.cursor or 0) < len(said):
            copy.take(line.frame())
        assert copy.bodies == said
        line.connection.close()
    assert len(redis.deaths) == 2
