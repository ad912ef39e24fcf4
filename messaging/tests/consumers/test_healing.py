"""What the layer loses, PostgreSQL still has: hints dropped, Redis gone, races at entry."""

from __future__ import annotations

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.db import connection

from accounts.models import User
from lokahome.core.ids import uuid7
from messaging.consumers import hub as hubs
from messaging.consumers.hub import Hub
from messaging.consumers.layer import Layer
from messaging.consumers.outbox import Outbox, Overflow
from messaging.consumers.pace import Pace, pace
from messaging.consumers.watch import all_sessions, look_once
from messaging.models import PersonLog
from messaging.queries.events import events_after, events_of_many, head_of
from messaging.queries.streams import standings_of
from messaging.tests import factories
from messaging.tests.consumers.phones import Phone, ask, room_of


def the_hub() -> Hub:
    """Return the hub of this test's loop."""
    return hubs.hub_of(pace())


def write(room, sender, body):
    """Write a message as another process would, and hint to nobody."""
    return factories.say(room, sender, body)


async def test_a_hint_from_another_process_is_heard(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    posted = await ask(write, room, kossi.user, "Par HTTP")
    await hint(ama, 1)
    await tenant.reach(1)
    assert tenant.bodies() == [posted.body]
    await tenant.leave()


async def test_rest_hints_what_it_wrote(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    path = f"/api/v1/conversations/{room.pk}/messages"
    body = {"client_id": str(room.pk), "body": "Par HTTP"}
    answer = await ask(kossi.post, path, body, format="json")
    assert answer.status_code == 201
    await tenant.reach(1)
    assert tenant.bodies() == ["Par HTTP"]
    assert tenant.events[0]["message"] == answer.json()
    await tenant.leave()


async def test_without_any_hint_a_look_at_the_heads_brings_everything(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    for number in range(3):
        await ask(write, room, kossi.user, f"message {number}")
    (session,) = all_sessions(the_hub())
    await asyncio.sleep(0.1)
    assert session.cursor == 0, "the control: nothing comes by itself"
    await look_once(the_hub())
    await tenant.reach(3)
    assert tenant.bodies() == ["message 0", "message 1", "message 2"]
    await tenant.leave()


async def test_one_query_looks_at_everybody(
    room, ama, kossi, django_assert_num_queries
):
    people = [ama.id, kossi.id]

    def look():
        with django_assert_num_queries(1, connection=connection):
            return standings_of(people)

    found = await ask(look)
    assert set(found) == set(people)


async def test_many_logs_are_read_as_one_would_be(room, ama, kossi, stranger):
    other = await ask(room_of, stranger.user, ama.user)
    for number in range(3):
        await ask(write, room, kossi.user, f"message {number}")
        await ask(write, other, stranger.user, f"other {number}")
    wanted = [(ama.id, 2), (kossi.id, 0), (stranger.id, 3), (ama.id, 0)]
    found = await ask(events_of_many, wanted, limit=4)
    for (person_id, after), events in zip(wanted, found, strict=True):
        assert events == await ask(events_after, person_id, after, limit=4)


async def test_a_dead_layer_costs_seconds_and_no_message(
    room, ama, kossi, settings, monkeypatch
):
    async def fail(*_arguments):
        raise ConnectionError("Redis is gone")

    layer = get_channel_layer()
    for name in ("new_channel", "group_add", "group_send", "send", "receive"):
        monkeypatch.setattr(layer, name, fail, raising=False)
    settings.REALTIME = {"check": 0, "layer": 0.05}
    tenant = await Phone(ama.user).online()
    landlord = await Phone(kossi.user).online()
    await tenant.say(room, "Sans Redis")
    await landlord.reach(1)  # the same process needs no layer
    await ask(write, room, kossi.user, "D’un autre processus")
    await look_once(the_hub())
    await tenant.reach(2)
    for name in ("new_channel", "group_add", "group_send", "send", "receive"):
        monkeypatch.delattr(layer, name)
    await look_once(the_hub())  # joins what could not be joined
    assert the_hub().layer._joined == {ama.id, kossi.id}
    await tenant.leave()
    await landlord.leave()


async def test_silence_makes_the_subscriptions_anew(room, ama, kossi, settings):
    settings.REALTIME = {"check": 0, "deaf": -1.0}
    tenant = await Phone(ama.user).online()
    hub = the_hub()
    while not hub.layer._channel:
        await asyncio.sleep(0.01)
    before = hub.layer._channel
    await look_once(hub)
    while hub.layer._channel in ("", before):
        await asyncio.sleep(0.01)
    await hub.layer.join(ama.id)
    await ask(write, room, kossi.user, "Après")
    await hint(ama, 1)
    await tenant.reach(1)
    await tenant.leave()


async def test_groups_are_joined_again_before_they_expire(room, ama, settings):
    settings.REALTIME = {"check": 0, "rejoin": -1.0}
    tenant = await Phone(ama.user).online()
    hub = the_hub()
    joined = []
    layer = get_channel_layer()
    add = layer.group_add

    async def noted(group, channel):
        joined.append(group)
        await add(group, channel)

    layer.group_add = noted
    await look_once(hub)
    assert joined == [f"u.{ama.id.hex}"]
    await tenant.leave()


# --- Committed between joining and reading ------------------------------------------


POINTS = ("ticket", "join", "joined", "head", "page", "live")


@pytest.mark.parametrize("point", POINTS)
async def test_what_is_committed_while_somebody_enters_is_not_lost(
    room, ama, kossi, monkeypatch, point
):
    """A message is committed, and hinted, at each step of an entry."""
    written = []

    async def strike(at):
        if at == point and not written:
            written.append(at)
            await ask(write, room, kossi.user, "Entre-temps")
            await hint(ama, 2)

    meet(monkeypatch, strike)
    await ask(write, room, kossi.user, "Avant")
    phone = Phone(ama.user)
    phone.cursor = 0
    phone.epoch = str((await ask(head_of, ama.id)).epoch)
    assert await phone.connect()
    await phone.hello()
    await phone.until("live")
    await strike("live")
    await phone.reach(2)
    assert written == [point]
    assert phone.bodies() == ["Avant", "Entre-temps"]
    await phone.leave()


async def test_who_has_not_joined_hears_nothing(room, ama, kossi, monkeypatch):
    """The control: it is the joining that the test above tries."""

    async def forget(_self, _session):
        return None

    monkeypatch.setattr(Hub, "join", forget)
    phone = await Phone(ama.user).online()
    await ask(write, room, kossi.user, "Entre-temps")
    await hint(ama, 1)
    with pytest.raises(TimeoutError):
        await phone.app.receive_output(0.3)


def meet(monkeypatch, strike):
    """Call *strike* with the name of each step of an entry, after it."""
    join, run, read = Hub.join, Hub.run, Hub.read

    async def met_join(self, session):
        await strike("join")
        await join(self, session)
        await strike("joined")

    async def met_run(self, act, *arguments):
        found = await run(self, act, *arguments)
        await strike({"enter": "ticket", "head_of": "head"}.get(act.__name__, ""))
        return found

    async def met_read(self, act, *arguments):
        found = await read(self, act, *arguments)
        await strike("page")
        return found

    monkeypatch.setattr(Hub, "join", met_join)
    monkeypatch.setattr(Hub, "run", met_run)
    monkeypatch.setattr(Hub, "read", met_read)


# --- Who may stay, and who is too slow ------------------------------------------------


async def test_who_may_not_sign_in_any_more_is_closed(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    landlord = await Phone(kossi.user).online()
    await ask(User.objects.filter(pk=ama.id).update, is_active=False)
    await look_once(the_hub())
    assert await tenant.closed() == 4403
    assert (await landlord.say(room, "Encore là"))["type"] == "ack"
    await tenant.leave()
    await landlord.leave()


async def test_a_database_restored_from_a_backup_ends_the_socket(room, ama):
    tenant = await Phone(ama.user).online()
    await ask(PersonLog.objects.filter(person=ama.user).update, epoch=uuid7())
    await look_once(the_hub())
    assert await tenant.closed() == 4410
    await tenant.leave()


async def test_a_session_is_warned_and_then_over(room, ama, settings):
    settings.REALTIME = {"check": 0, "session": 30.0}
    tenant = await Phone(ama.user).online()
    await look_once(the_hub())
    assert (await tenant.until("expiring"))["seconds"] <= 30
    (session,) = all_sessions(the_hub())
    session.ends_at = 0.0
    await look_once(the_hub())
    assert await tenant.closed() == 4401
    await tenant.leave()


async def test_four_hundred_join_at_once_and_idle_longer_than_a_read_lasts(
    sockets, settings
):
    """redis-py 8's own limits: a pool of 100, and reads that give up after 5 seconds."""
    entry = settings.CHANNEL_LAYERS["default"]
    host = entry["CONFIG"]["hosts"][0]
    assert host["max_connections"] >= 10_000
    config = {**entry["CONFIG"], "hosts": [{**host, "socket_timeout": 0.3}]}
    settings.CHANNEL_LAYERS = {"default": {**entry, "CONFIG": config}}
    heard = []
    layer = Layer(Pace(), on_hint=heard.append)
    listening = asyncio.create_task(layer.listen())
    people = [uuid7() for _ in range(450)]
    assert all(await asyncio.gather(*map(layer.join, people)))
    channel = layer._channel
    await asyncio.sleep(0.7)  # idle for longer than a read may take
    for person_id in people:
        message = {"type": "log.moved", "person": person_id.hex, "useq": 1}
        await get_channel_layer().group_send(f"u.{person_id.hex}", message)
    while len(heard) < len(people):
        await asyncio.sleep(0.01)
    assert layer._channel == channel
    assert {item["person"] for item in heard} == {one.hex for one in people}
    listening.cancel()
    await layer.stop()


async def test_a_slow_reader_is_closed_and_keeps_nothing_waiting(settings):
    settings.REALTIME = {}
    taken, gate = [], asyncio.Event()

    async def send(event):
        await gate.wait()
        taken.append(event)

    small = Pace(frames=50, outbox=4000, stall=-1.0)
    outbox = Outbox(send, small, lambda: None)
    outbox.start()
    await asyncio.sleep(0)
    with pytest.raises(Overflow):
        fill(outbox)
    assert outbox._bytes <= 4000
    await asyncio.sleep(0)
    assert outbox.stuck_for() > small.stall
    outbox.cut(4408, "slow")
    gate.set()
    await asyncio.sleep(0.01)
    assert taken[-1] == {"type": "websocket.close", "code": 4408, "reason": "slow"}
    assert len(taken) == 2, "one frame was on its way; what waited is forgotten"
    await outbox.stop()


def fill(outbox):
    for _ in range(100):
        outbox.put("x" * 100)


async def hint(person, useq):
    """Hint as another process does."""
    message = {"type": "log.moved", "person": person.id.hex, "useq": useq}
    await get_channel_layer().group_send(f"u.{person.id.hex}", message)
