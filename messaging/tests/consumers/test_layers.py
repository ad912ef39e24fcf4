"""A layer that hangs, and one that is about to be stopped: who comes then is served."""

from __future__ import annotations

import asyncio

from channels.layers import get_channel_layer

from messaging.consumers.hub import hub_of
from messaging.consumers.pace import pace
from messaging.tests.consumers.phones import Phone

MANY = 12


async def test_many_who_come_at_once_wait_for_a_hung_layer_together(
    room, ama, kossi, settings, monkeypatch
):
    async def hang(*_arguments):
        await asyncio.Event().wait()

    layer = get_channel_layer()
    for name in ("new_channel", "group_add", "group_send", "send", "receive"):
        monkeypatch.setattr(layer, name, hang, raising=False)
    settings.REALTIME = {"check": 0, "layer": 0.5, "devices": MANY}
    phones = [Phone(ama.user) for _ in range(MANY)]
    tickets = [await phone.ticket() for phone in phones]
    for phone in phones:
        await phone.connect()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for phone, ticket in zip(phones, tickets, strict=True):
        await phone.hello(ticket)
    for phone in phones:
        await phone.until("welcome")
    assert loop.time() - begun < MANY * 0.5 / 2
    for phone in phones:
        await phone.leave()


async def test_who_comes_while_the_last_one_leaves_is_heard(room, ama, kossi):
    first = await Phone(ama.user).online()
    hub = hub_of(pace())
    await first.app.send_input({"type": "websocket.disconnect", "code": 1006})
    while hub._guests:
        await asyncio.sleep(0)
    second = Phone(kossi.user)  # the hub has begun to stop, and has not stopped
    await second.connect()
    await first.app.wait()
    await second.hello()
    await second.until("live")
    await asyncio.sleep(0.2)
    assert hub.layer._receiving is not None, "nobody listens to the layer"
    assert hub.layer._joined == {kossi.id}
    await second.leave()


async def test_one_person_opens_no_more_sockets_than_they_have_devices(
    room, ama, kossi, settings
):
    settings.REALTIME = {"check": 0, "devices": 2}
    phones = [await Phone(ama.user).online() for _ in range(2)]
    third = Phone(ama.user)
    await third.connect()
    await third.hello()
    assert await third.closed() == 4429
    phones.append(await Phone(ama.user, device_id=phones[0].device_id).online())
    assert await phones[0].closed() == 4409, "the same device takes its own place"
    phones.append(await Phone(kossi.user).online())
    for phone in (*phones, third):
        await phone.leave()
