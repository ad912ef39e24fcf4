"""A chat app for tests: it speaks to the ASGI application as a phone would."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from asgiref.testing import ApplicationCommunicator
from django.db import connections

from accounts.models import User
from lokahome.asgi import application
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.people import live_session
from messaging.models import Conversation, Participant
from messaging.services.person_logs import ensure_logs
from messaging.services.tickets import issue_ticket

PATIENCE = 10.0


def room_of(*people: User) -> Conversation:
    """Return a new conversation of *people*, about a lease of nobody."""
    subject = f"lease:{uuid7()}"
    made = Conversation(subject=subject, key=subject)
    made.save()
    for person in people:
        Participant(conversation=made, person=person).save()
    ensure_logs([person.pk for person in people])
    return made


async def ask(act: Any, *arguments: Any, **named: Any) -> Any:
    """Call *act*, which uses the database, in a thread that keeps no connection."""

    def call() -> Any:
        try:
            return act(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


class Closed(AssertionError):
    """The server closed the socket while a frame was awaited."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"closed with {code}")


class Phone:
    """One device of *person*: its socket, and its copy of the log."""

    def __init__(self, person: User, *, device_id: UUID | None = None) -> None:
        self.person = person
        self.device_id = device_id or uuid7()
        self.epoch: str | None = None
        self.cursor: int | None = None
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.app: ApplicationCommunicator = None

    async def connect(self, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> bool:
        """Open the socket; False when it was refused before it was accepted."""
        scope = {
            "type": "websocket",
            "path": "/realtime/v1",
            "headers": list(headers),
            "query_string": b"",
            "subprotocols": [],
        }
        self.app = ApplicationCommunicator(application, scope)
        await self.app.send_input({"type": "websocket.connect"})
        answer = await self.app.receive_output(PATIENCE)
        return bool(answer["type"] == "websocket.accept")

    async def ticket(self) -> str:
        """Return a new ticket."""
        session = await ask(live_session, self.person)
        issued = await ask(
            issue_ticket, session=session, device_id=self.device_id, now=clock.now()
        )
        return str(issued.token)

    async def hello(self, ticket: str | None = None, **members: Any) -> None:
        """Say hello, with the cursor of this phone's copy if it has one."""
        frame = {"type": "hello", "ticket": ticket or await self.ticket()}
        if self.cursor is not None:
            frame |= {"epoch": self.epoch, "cursor": self.cursor}
        await self.send(**(frame | members))

    async def online(self) -> Phone:
        """Connect, resume, and wait until it is live."""
        assert await self.connect()
        await self.hello()
        welcome = await self.until("welcome")
        self.epoch = welcome["epoch"]
        if self.cursor is None:
            self.cursor = welcome["cursor"]
        await self.until("live")
        return self

    async def send(self, **frame: Any) -> None:
        """Send a frame."""
        await self.raw(json.dumps(frame))

    async def raw(self, text: str) -> None:
        """Send text, frame or not."""
        await self.app.send_input({"type": "websocket.receive", "text": text})

    async def say(
        self, room: Conversation, body: str, client_id: UUID | None = None
    ) -> dict[str, Any]:
        """Send a message, and return its ack or nack."""
        client_id = client_id or uuid7()
        await self.send(
            type="send",
            client_id=str(client_id),
            conversation_id=str(room.pk),
            body=body,
        )
        return await self.until("ack", "nack")

    async def frame(self) -> dict[str, Any]:
        """Return the next frame, noting its events; raises Closed."""
        output = await self.app.receive_output(PATIENCE)
        if output["type"] == "websocket.close":
            raise Closed(output["code"])
        frame: dict[str, Any] = json.loads(output["text"])
        assert len(output["text"].encode()) <= 32 * 1024
        self.frames.append(frame)
        if frame["type"] == "reset":
            self.cursor, self.epoch = frame["cursor"], frame["epoch"]
        events = frame["events"] if frame["type"] == "batch" else [frame]
        for event in events if frame["type"] in ("batch", "event") else ():
            assert event["useq"] == self.cursor + 1, "a gap, or an event twice"
            self.cursor = event["useq"]
            self.events.append(event)
        return frame

    async def until(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of *kinds*."""
        while True:
            frame = await self.frame()
            if frame["type"] in kinds:
                return frame

    async def reach(self, useq: int) -> None:
        """Wait until this phone's copy stands at *useq*."""
        while (self.cursor or 0) < useq:
            await self.frame()

    async def closed(self) -> int:
        """Return the code with which the server closes, reading what comes before."""
        try:
            while True:
                await self.frame()
        except Closed as end:
            return end.code

    async def leave(self) -> None:
        """Lose the connection."""
        await self.app.send_input({"type": "websocket.disconnect", "code": 1006})
        await self.app.wait(PATIENCE)

    def bodies(self) -> list[str]:
        """Return what this phone heard, in the order of its events."""
        return [
            event["message"]["body"]
            for event in self.events
            if event["kind"] == "message"
        ]
