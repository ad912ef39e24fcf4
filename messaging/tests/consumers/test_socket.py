"""The protocol: who comes in, what is written, what each device is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.people import live_session
from messaging.api.views.realtime import SOCKET_PATH
from messaging.consumers import frames
from messaging.models import Message, PersonEvent, PersonLog
from messaging.services.tickets import issue_ticket
from messaging.tests import factories
from messaging.tests.consumers.phones import Phone, ask, room_of


def test_both_doors_name_the_same_path():
    assert SOCKET_PATH == frames.PATH


async def test_two_people_talk(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    landlord = await Phone(kossi.user).online()
    ack = await tenant.say(room, "C’est encore libre ?")
    assert (ack["type"], ack["seq"]) == ("ack", 1)
    await landlord.reach(1)
    assert (await landlord.say(room, "Oui."))["seq"] == 2
    for phone in (tenant, landlord):
        await phone.reach(2)
        assert phone.bodies() == ["C’est encore libre ?", "Oui."]
        assert [event["seq"] for event in phone.events] == [1, 2]
        await phone.leave()
    assert await ask(Message.objects.count) == 2


async def test_what_was_missed_comes_before_live(room, ama, kossi, monkeypatch):
    monkeypatch.setattr("messaging.services.messages.WRITTEN_A_MINUTE", 1_000)
    tenant = await Phone(ama.user).online()
    landlord = await Phone(kossi.user).online()
    await tenant.leave()
    said = [f"message {number}" for number in range(250)]
    for body in said[:40]:
        await landlord.say(room, body)
    await ask(write_all, room, kossi.user, said[40:])
    again = await tenant.online()
    assert again.bodies() == said
    kinds = [frame["type"] for frame in again.frames]
    assert kinds[-1] == "live"
    assert kinds.count("batch") >= 3
    await tenant.leave()
    await landlord.leave()


def write_all(room, person, bodies):
    for body in bodies:
        factories.say(room, person, body)


async def test_a_ticket_opens_one_socket(room, ama):
    phone, thief = Phone(ama.user), Phone(ama.user)
    ticket = await phone.ticket()
    assert await phone.connect()
    await phone.hello(ticket)
    await phone.until("live")
    assert await thief.connect()
    await thief.hello(ticket)
    assert await thief.closed() == 4401
    assert thief.frames[-1]["problem"]["code"] == "realtime.ticket_refused"
    await thief.leave()
    assert (await phone.say(room, "Toujours là"))["type"] == "ack"
    await phone.leave()


async def test_a_ticket_is_good_for_half_a_minute(room, ama):
    early = clock.now() - timedelta(seconds=31)
    session = await ask(live_session, ama.user)
    issued = await ask(issue_ticket, session=session, device_id=uuid7(), now=early)
    phone = Phone(ama.user)
    assert await phone.connect()
    await phone.hello(issued.token)
    assert await phone.closed() == 4401
    await phone.leave()


async def test_somebody_elses_conversation_does_not_exist(room, stranger):
    await ask(room_of, stranger.user)
    phone = await Phone(stranger.user).online()
    nack = await phone.say(room, "Bonjour ?")
    assert nack["type"] == "nack"
    assert nack["problem"]["status"] == 404
    await phone.send(
        type="cursor", conversation_id=str(room.pk), delivered_seq=1, read_seq=1
    )
    assert (await phone.until("problem"))["problem"]["status"] == 404
    assert await ask(Message.objects.count) == 0
    assert await ask(PersonEvent.objects.count) == 0
    await phone.leave()


async def test_a_repeat_is_acknowledged_again_and_other_words_are_refused(room, ama):
    phone = await Phone(ama.user).online()
    client_id = uuid7()
    first = await phone.say(room, "Bonjour", client_id)
    assert await phone.say(room, "Bonjour", client_id) == first
    nack = await phone.say(room, "Bonsoir", client_id)
    assert nack["problem"]["code"] == "message.client_id_reused"
    assert nack["problem"]["status"] == 409
    assert await ask(Message.objects.count) == 1
    await phone.leave()


async def test_ten_sends_at_once_over_both_doors_are_one_message(room, ama, kossi):
    phones = [await Phone(ama.user).online() for _ in range(5)]
    client_id = uuid7()

    def over_http():
        path = f"/api/v1/conversations/{room.pk}/messages"
        body = {"client_id": str(client_id), "body": "Une fois"}
        return ama.post(path, body, format="json")

    answers = await asyncio.gather(
        *(phone.say(room, "Une fois", client_id) for phone in phones),
        *(ask(over_http) for _ in range(5)),
    )
    assert {answer["seq"] for answer in answers[:5]} == {1}
    assert {answer.json()["seq"] for answer in answers[5:]} == {1}
    assert await ask(Message.objects.count) == 1
    for phone in phones:
        await phone.reach(1)
        assert phone.bodies() == ["Une fois"]
        await phone.leave()


async def test_cursors_reach_the_other_side(room, ama, kossi):
    tenant = await Phone(ama.user).online()
    landlord = await Phone(kossi.user).online()
    await tenant.say(room, "Vu ?")
    await landlord.reach(1)
    await landlord.send(
        type="cursor", conversation_id=str(room.pk), delivered_seq=1, read_seq=1
    )
    await tenant.reach(2)
    told = tenant.events[-1]
    assert told["kind"] == "cursor"
    read = {row["person_id"]: row["read_seq"] for row in told["cursors"]}
    assert read[str(kossi.id)] == 1
    await tenant.leave()
    await landlord.leave()


async def test_hello_comes_first_and_soon(room, ama, settings):
    phone = Phone(ama.user)
    assert await phone.connect()
    await phone.send(type="beat", cursor=0)
    assert await phone.closed() == 4401
    await phone.leave()
    settings.REALTIME = {"check": 0, "hello": 0.05}
    assert await phone.connect()
    assert await phone.closed() == 4401
    await phone.leave()


async def test_what_cannot_be_read_ends_the_socket(room, ama):
    phone = await Phone(ama.user).online()
    await phone.raw("bonjour")
    assert await phone.closed() == 4400
    assert phone.frames[-1]["problem"]["code"] == "request.malformed"
    await phone.leave()


async def test_bytes_and_big_frames_end_the_socket(room, ama):
    phone = await Phone(ama.user).online()
    await phone.app.send_input({"type": "websocket.receive", "bytes": b"{}"})
    assert await phone.closed() == 4400
    await phone.leave()
    phone = await Phone(ama.user).online()
    await phone.raw("x" * 1_000_000)
    assert await phone.closed() == 1009
    await phone.leave()
    assert await ask(Message.objects.count) == 0


async def test_frames_of_unknown_types_are_skipped(room, ama):
    phone = await Phone(ama.user).online()
    await phone.send(type="typing", conversation_id=str(room.pk))
    assert (await phone.say(room, "Bonjour"))["type"] == "ack"
    await phone.leave()


async def test_wrong_members_of_a_send_are_a_nack(room, ama):
    phone = await Phone(ama.user).online()
    await phone.send(type="send", client_id=str(uuid7()), conversation_id=7, body=None)
    problem = (await phone.until("nack"))["problem"]
    assert problem["status"] == 422
    assert {item["pointer"] for item in problem["errors"]} == {
        "/conversation_id",
        "/body",
    }
    nack = await phone.say(room, " \n ")
    assert nack["problem"]["code"] == "message.text_refused"
    await phone.leave()


async def test_a_flood_ends_the_socket(room, ama, settings):
    settings.REALTIME = {"check": 0, "burst": 5, "steady": 0.001}
    phone = await Phone(ama.user).online()
    for _ in range(5):
        await phone.send(type="beat", cursor=0)
    assert await phone.closed() == 4429
    await phone.leave()


@pytest.mark.parametrize(
    ("headers", "enters"),
    [
        ((), True),
        (((b"origin", b"PUBLIC"),), True),
        (((b"origin", b"https://evil.example"),), False),
        (((b"origin", b"null"),), False),
        (((b"origin", b"file://"),), False),
        (((b"origin", b"PUBLIC.evil.example"),), False),
        (((b"origin", b"PUBLIC"), (b"origin", b"https://evil.example")), False),
    ],
)
async def test_pages_of_others_do_not_get_in(room, ama, settings, headers, enters):
    public = settings.PUBLIC_URL.encode()
    headers = tuple((name, value.replace(b"PUBLIC", public)) for name, value in headers)
    phone = Phone(ama.user)
    assert await phone.connect(headers=headers) == enters
    if enters:
        await phone.leave()


async def test_a_cursor_that_means_nothing_is_answered_by_reset(room, ama, kossi):
    writer = await Phone(kossi.user).online()
    for number in range(4):
        await writer.say(room, f"message {number}")
    log = await ask(PersonLog.objects.get, person=ama.user)
    for epoch, cursor, reason in (
        (str(uuid7()), 2, "epoch"),
        (str(log.epoch), 5, "ahead"),
    ):
        phone = Phone(ama.user)
        assert await phone.connect()
        await phone.hello(epoch=epoch, cursor=cursor)
        reset = await phone.until("reset")
        assert (reset["reason"], reset["cursor"]) == (reason, 4)
        await phone.until("live")
        assert phone.events == []
        await writer.say(room, f"after {reason}")
        await phone.reach(reset["cursor"] + 1)
        await phone.leave()
        await ask(roll_back, ama.user)
    await writer.leave()


def roll_back(person):
    """Make the log as it was with four events."""
    PersonEvent.objects.filter(person=person, useq__gt=4).delete()
    PersonLog.objects.filter(person=person).update(last_useq=4)


@pytest.mark.parametrize("gone", [[1, 2], [2], [1, 2, 3, 4]])
async def test_history_that_is_gone_is_a_reset_and_never_a_gap(room, ama, kossi, gone):
    writer = await Phone(kossi.user).online()
    for number in range(4):
        await writer.say(room, f"message {number}")
    log = await ask(PersonLog.objects.get, person=ama.user)
    await ask(PersonEvent.objects.filter(person=ama.user, useq__in=gone).delete)
    phone = Phone(ama.user)
    phone.epoch, phone.cursor = str(log.epoch), gone[0] - 1
    assert await phone.connect()
    await phone.hello()
    reset = await phone.until("reset")
    assert (reset["reason"], reset["cursor"]) == ("history_gone", 4)
    await phone.until("live")
    await writer.say(room, "la suite")
    await phone.reach(5)
    assert phone.bodies()[-1] == "la suite"
    await phone.leave()
    await writer.leave()


async def test_a_newer_socket_of_a_device_takes_its_place(room, ama):
    device = uuid7()
    old = await Phone(ama.user, device_id=device).online()
    other = await Phone(ama.user).online()
    new = await Phone(ama.user, device_id=device).online()
    assert await old.closed() == 4409
    await old.leave()
    assert (await new.say(room, "Ici"))["type"] == "ack"
    await other.reach(1)
    await new.leave()
    await other.leave()


async def test_a_beat_tells_where_one_stands(room, ama):
    phone = await Phone(ama.user).online()
    await phone.say(room, "Bonjour")
    await phone.reach(1)
    await phone.send(type="beat", cursor=1)
    assert (await phone.until("beat"))["cursor"] == 1
    await phone.send(type="beat", cursor=2)
    assert await phone.closed() == 4410
    await phone.leave()


async def test_a_fresh_ticket_renews_the_session_for_the_same_person_only(
    room, ama, kossi
):
    phone = await Phone(ama.user).online()
    await phone.hello()
    assert (await phone.until("welcome"))["cursor"] == 0
    assert (await phone.say(room, "Encore"))["type"] == "ack"
    await phone.hello(await Phone(kossi.user).ticket())
    assert await phone.closed() == 4401
    await phone.leave()
