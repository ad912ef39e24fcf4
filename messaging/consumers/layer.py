"""The process's ear on the channel layer: one channel, a group for each person here.

One subscription for a process and not one for a socket: a thousand sockets would be a
thousand receive loops, and the layer's own buffers drop in silence what they cannot
hold (docs/api/realtime.md says what makes that harmless).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer

from messaging.consumers.pace import Pace
from messaging.hints import group_of

log = structlog.get_logger(__name__)
HEARTBEAT = "sockets.heartbeat"
DEVICE = "device.opened"


class Layer:
    """What one process hears. No failure here reaches a socket."""

    def __init__(
        self, pace: Pace, *, on_hint: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._pace = pace
        self._on_hint = on_hint
        self._layer = get_channel_layer()
        self._wanted: set[UUID] = set()
        self._joined: set[UUID] = set()
        self._channel = ""
        self._heard_at = 0.0
        self._joined_at = 0.0
        self._receiving: asyncio.Task[Any] | None = None
        self._opening = asyncio.Lock()
        self._tries = 0
        self._is_down = False

    async def listen(self) -> None:
        """Hear hints until cancelled."""
        loop = asyncio.get_running_loop()
        self._heard_at = self._joined_at = loop.time()
        while True:
            if not self._channel and not await self._open():
                await asyncio.sleep(self._pace.layer)
                continue
            message = await self._next()
            if message is None:
                continue
            self._heard_at = loop.time()
            if message["type"] != HEARTBEAT:
                self._on_hint(message)

    async def _next(self) -> Mapping[str, Any] | None:
        """Return the next message, None when the channel was lost or given up."""
        channel = self._channel
        receiving = asyncio.ensure_future(self._layer.receive(channel))
        self._receiving = receiving
        try:
            await asyncio.wait({receiving})
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
        if receiving.cancelled() or receiving.exception() is not None:
            if self._channel == channel:
                self._forget()
                await asyncio.sleep(self._pace.layer)
            return None
        found: Mapping[str, Any] = receiving.result()
        return found

    async def stop(self) -> None:
        """Leave everything."""
        for person_id in list(self._joined):
            await self.part(person_id)
        self._forget()

    async def join(self, person_id: UUID) -> bool:
        """Hear hints for *person_id*; when that fails it is tried again by `keep`."""
        self._wanted.add(person_id)
        if person_id in self._joined:
            return True
        if not self._channel and not await self._open():
            return False
        add = self._layer.group_add(group_of(person_id), self._channel)
        if await self._ask(add):
            self._joined.add(person_id)
        return person_id in self._joined

    async def part(self, person_id: UUID) -> None:
        """Hear no more hints for *person_id*."""
        self._wanted.discard(person_id)
        if person_id in self._joined:
            self._joined.discard(person_id)
            discard = self._layer.group_discard(group_of(person_id), self._channel)
            await self._ask(discard)

    async def announce(self, person_id: UUID, device_id: UUID, session: UUID) -> None:
        """Tell other processes that a device opened a newer session."""
        message = {
            "type": DEVICE,
            "person": person_id.hex,
            "device": device_id.hex,
            "session": session.hex,
        }
        if person_id in self._joined:
            await self._ask(self._layer.group_send(group_of(person_id), message))

    async def keep(self) -> None:
        """Send oneself a heartbeat; make anew what is deaf, missing or about to expire.

        The Pub/Sub layer reports no loss of its connection (its hooks are never
        called), and groups of the other one expire after a day.
        """
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > self._pace.deaf:
            log.warning("the layer is silent: subscriptions are made anew")
            self._heard_at = now
            # Of the Pub/Sub layer this closes this process's own connections only.
            await self._ask(self._layer.flush())
            self._forget()
            if self._receiving is not None:
                self._receiving.cancel()
        if now - self._joined_at > self._pace.rejoin:
            self._joined_at = now
            self._joined.clear()
        for person_id in list(self._wanted - self._joined):
            if not await self.join(person_id):
                break
        if self._channel:
            await self._ask(self._layer.send(self._channel, {"type": HEARTBEAT}))

    async def _open(self) -> bool:
        made: list[str] = []

        async def open_channel() -> None:
            made.append(await self._layer.new_channel())

        before = self._tries
        async with self._opening:
            # Who waited for somebody else's try has its answer: a layer that hangs
            # would make a queue of those who come.
            if not self._channel and self._tries == before:
                if await self._ask(open_channel()):
                    self._channel = made[0]
                self._tries += 1
        return bool(self._channel)

    def _forget(self) -> None:
        self._channel = ""
        self._joined.clear()

    async def _ask(self, asked: Awaitable[Any]) -> bool:
        try:
            await asyncio.wait_for(asked, self._pace.layer)
        except Exception as error:
            if not self._is_down:
                self._is_down = True
                log.warning("the layer does not answer", error=type(error).__name__)
            return False
        if self._is_down:
            self._is_down = False
            log.info("the layer answers again")
        return True
