"""A chat app on a phone: one socket, a cursor, and what it has seen so far."""

from __future__ import annotations

import json
import socket as sockets
import struct
import time
import uuid
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from deploy.demo.client import Unexpected, expect
from deploy.demo.people import Person

_PATIENCE = 20.0


class ChatApp:
    """What one person's app knows: the events it got, in order, and where it stopped."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.epoch: str | None = None
        self.cursor: int | None = None
        self.events: list[dict[str, Any]] = []
        self._device = str(uuid.uuid4())
        self._connection: ClientConnection | None = None

    def go_online(self) -> int:
        """Ask for a ticket, connect, resume; return how many events were missed."""
        ticket = self.person.api.post("realtime/tickets", {"device_id": self._device})
        opened = connect(
            ticket["socket_url"],
            open_timeout=_PATIENCE,
            compression=None,
            proxy=None,
            legacy=True,  # a connection of its own, not one that reconnects by itself
        )
        expect(isinstance(opened, ClientConnection), "no connection")
        assert isinstance(opened, ClientConnection)  # noqa: S101 - for the type checker
        self._connection = opened
        hello = {"type": "hello", "ticket": ticket["ticket"]}
        if self.cursor is not None:
            hello |= {"epoch": self.epoch, "cursor": self.cursor}
        self.send(hello)
        welcome = self.wait(lambda frame: frame.get("type") == "welcome", "the welcome")
        self.epoch = welcome["epoch"]
        if self.cursor is None:
            # What was before is read over HTTP; from here on nothing may be missing.
            self.cursor = welcome["cursor"]
        before = len(self.events)
        self.wait(
            lambda frame: frame.get("type") == "live", "the end of what was missed"
        )
        return len(self.events) - before

    def cut(self) -> None:
        """Lose the network: the connection is reset without a word of goodbye."""
        expect(self._connection, "not connected")
        assert self._connection is not None  # noqa: S101 - for the type checker
        raw = self._connection.socket
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
        self._connection = None

    def go_offline(self) -> None:
        """Close as an app does that is put away."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def say(self, conversation_id: str, body: str, *, client_id: str = "") -> int:
        """Send a message and wait for its ack; return its ``seq``."""
        client_id = client_id or str(uuid.uuid4())
        self.send(
            {
                "type": "send",
                "client_id": client_id,
                "conversation_id": conversation_id,
                "body": body,
            }
        )

        def answers(frame: dict[str, Any]) -> bool:
            return (
                frame.get("type") in ("ack", "nack")
                and frame.get("client_id") == client_id
            )

        answer = self.wait(answers, f"the ack of “{body}”")
        expect(answer["type"] == "ack", f"the server refused: {answer}")
        return int(answer["seq"])

    def hears(self, body: str) -> dict[str, Any]:
        """Return the event that brings the message *body*, waiting for it."""
        for event in self.events:
            if (event.get("message") or {}).get("body") == body:
                return event
        found: dict[str, Any] = self.wait(
            lambda frame: (frame.get("message") or {}).get("body") == body,
            f"“{body}” at {self.person.name}",
        )
        return found

    def bodies(self, conversation_id: str) -> list[str]:
        """Return what was said in a conversation, as this app got it, in its order."""
        said = {
            event["message"]["seq"]: event["message"]["body"]
            for event in self.events
            if event.get("message") and event["conversation_id"] == conversation_id
        }
        return [said[seq] for seq in sorted(said)]

    def send(self, frame: dict[str, Any]) -> None:
        """Put a frame on the wire."""
        expect(self._connection, "not connected")
        assert self._connection is not None  # noqa: S101 - for the type checker
        self._connection.send(json.dumps(frame))

    def wait(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> Any:
        """Read frames until one is *wanted*, taking note of every event on the way."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            assert self._connection is not None  # noqa: S101 - for the type checker
            try:
                frame = json.loads(self._connection.recv(timeout=_PATIENCE))
            except (TimeoutError, ConnectionClosed) as error:
                raise Unexpected(f"{what}: {type(error).__name__} {error}") from error
            for event in self._events_of(frame):
                self._note(event)
                if wanted(event):
                    return event
            if wanted(frame):
                return frame
        raise Unexpected(f"{what}: not seen within {_PATIENCE:.0f} s")

    @staticmethod
    def _events_of(frame: dict[str, Any]) -> list[dict[str, Any]]:
        if frame["type"] == "batch":
            return list(frame["events"])
        return [frame] if frame["type"] == "event" else []

    def _note(self, event: dict[str, Any]) -> None:
        last = self.cursor
        expect(
            last is None or event["useq"] == last + 1,
            f"{self.person.name} has event {last} and got {event['useq']}",
        )
        self.cursor = event["useq"]
        self.events.append(event)
