"""The phones of a run: each has a socket, a cursor, and notes of all it sent and got."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

_PATIENCE = 30.0


@dataclass
class Notes:
    """What one phone saw."""

    events: list[tuple[int, str, str, int]] = field(default_factory=list)
    """useq, kind, conversation, seq: in the order in which they came."""
    sent: dict[str, float] = field(default_factory=dict)
    """client_id to the moment of the first send."""
    acked: dict[str, tuple[int, float]] = field(default_factory=dict)
    """client_id to seq and the moment of the ack."""
    heard: dict[str, float] = field(default_factory=dict)
    """client_id of somebody else's message to the moment it came."""
    nacks: list[str] = field(default_factory=list)
    resets: int = 0
    connects: int = 0


class Phone:
    """One person's phone. It comes back after a cut unless *comes_back* is off."""

    def __init__(self, person: dict[str, str], api: str, socket_url: str) -> None:
        self.person_id = person["person_id"]
        self.room = person["conversation_id"]
        self.notes = Notes()
        self.comes_back = True
        self._access = person["access"]
        self._api = urlsplit(api)
        self._url = socket_url
        self._device = str(uuid.uuid4())
        self._epoch: str | None = None
        self.cursor: int | None = None
        self._bodies: dict[str, str] = {}
        self._answered: dict[str, asyncio.Future[None]] = {}
        self._line: ClientConnection | None = None
        self._live = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._again: set[asyncio.Task[None]] = set()
        """Messages on their way a second time: the loop itself holds no task."""

    async def start(self) -> None:
        """Go online; returns once it is live."""
        self._task = asyncio.create_task(self._stay())
        await asyncio.wait_for(self._live.wait(), _PATIENCE)

    async def stop(self) -> None:
        """Go offline for good."""
        self.comes_back = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def cut(self) -> None:
        """Lose the network: the connection is reset in the middle of whatever goes on."""
        if self._line is not None:
            self._live.clear()
            self._line.transport.abort()

    async def say(self, body: str) -> None:
        """Send a message; returns at its ack, however often it has to be sent."""
        client_id = str(uuid.uuid4())
        answered = self._answered[client_id] = (
            asyncio.get_running_loop().create_future()
        )
        self._bodies[client_id] = body
        self.notes.sent[client_id] = time.monotonic()
        await self._send(client_id)
        await answered

    async def _send(self, client_id: str) -> None:
        frame = {
            "type": "send",
            "client_id": client_id,
            "conversation_id": self.room,
            "body": self._bodies[client_id],
        }
        if self._line is not None and self._live.is_set():
            with contextlib.suppress(ConnectionClosed):
                await self._line.send(json.dumps(frame))

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(ConnectionClosed, OSError, TimeoutError):
                await self._once()
            self._line = None
            self._live.clear()
            if not self.comes_back:
                return
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def _once(self) -> None:
        ticket = await asyncio.to_thread(self._ticket)
        async with connect(
            self._url,
            compression=None,
            open_timeout=_PATIENCE,
            ping_interval=None,
            max_size=32768,
        ) as line:
            self._line = line
            self.notes.connects += 1
            hello: dict[str, Any] = {"type": "hello", "ticket": ticket}
            if self.cursor is not None:
                hello |= {"epoch": self._epoch, "cursor": self.cursor}
            await line.send(json.dumps(hello))
            async for text in line:
                self._take(json.loads(text))

    def _ticket(self) -> str:
        where = http.client.HTTPConnection(
            self._api.hostname or "", self._api.port, timeout=_PATIENCE
        )
        body = json.dumps({"device_id": self._device})
        headers = {
            "Authorization": f"Bearer {self._access}",
            "Content-Type": "application/json",
        }
        where.request("POST", "/api/v1/realtime/tickets", body, headers)
        answer = where.getresponse()
        told = json.loads(answer.read())
        where.close()
        if answer.status != 201:
            raise OSError(f"no ticket: {answer.status} {told}")
        return str(told["ticket"])

    def _take(self, frame: dict[str, Any]) -> None:
        now = time.monotonic()
        kind = frame["type"]
        if kind == "event":
            self._note(frame, now)
        elif kind == "batch":
            for event in frame["events"]:
                self._note(event, now)
        elif kind == "ack":
            self.notes.acked.setdefault(frame["client_id"], (frame["seq"], now))
            self._answer(frame["client_id"])
        elif kind == "nack":
            self.notes.nacks.append(str(frame["problem"].get("code")))
            self._answer(frame["client_id"])
        elif kind == "welcome":
            self._epoch = frame["epoch"]
            self.cursor = frame["cursor"] if self.cursor is None else self.cursor
        elif kind == "reset":
            self.notes.resets += 1
        elif kind == "live":
            self._live.set()
            for client_id, answered in list(self._answered.items()):
                if not answered.done():
                    again = asyncio.create_task(self._send(client_id))
                    self._again.add(again)
                    again.add_done_callback(self._again.discard)

    def _answer(self, client_id: str) -> None:
        answered = self._answered.pop(client_id, None)
        if answered is not None and not answered.done():
            answered.set_result(None)

    def _note(self, event: dict[str, Any], now: float) -> None:
        place = (event["useq"], event["kind"], event["conversation_id"], event["seq"])
        self.notes.events.append(place)
        self.cursor = event["useq"]
        message = event.get("message")
        if message and message["sender_id"] != self.person_id:
            self.notes.heard.setdefault(message["client_id"], now)
