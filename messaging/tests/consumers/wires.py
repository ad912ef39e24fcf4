"""Real servers, and a wire to them that is cut after any byte."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connections
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from deploy.local import packages, paths, ports
from deploy.local.programs import programs
from deploy.throwaway.processes import Process, by_command
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.people import live_session
from messaging.models import RealtimeTicket

PATIENCE = 15.0
CUT = (ConnectionClosed, InvalidHandshake, OSError, EOFError)
"""What a phone notices of a wire that was cut."""


def ticket_for(person: User) -> str:
    """Return a ticket, past the limit on how many one may ask for in a minute."""
    token = secrets.token_urlsafe(32)
    RealtimeTicket(
        token_digest=hashlib.sha256(token.encode()).hexdigest(),
        person=person,
        session=live_session(person),
        device_id=uuid7(),
        expires_at=clock.now() + timedelta(seconds=30),
    ).save()
    return token


def environment(redis_port: int) -> dict[str, str]:
    """Return the environment of a server on the tests' database."""
    known = connections["default"].settings_dict
    where = f"{known['HOST']}:{known['PORT']}/{known['NAME']}"
    user = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{user}@{where}",
        "REDIS_URL": f"redis://{ports.LOOPBACK}:{redis_port}/0",
        "LOG_LEVEL": "WARNING",
    }


def redis_server(folder: Path, port: int) -> Process:
    """Return a Redis of one's own, not started yet; it keeps nothing."""
    binary = str(packages.redis_binary())
    arguments = ("--bind", ports.LOOPBACK, "--port", str(port), "--save", "")
    return Process(
        "redis",
        [binary, *arguments, "--appendonly", "no", "--dir", str(folder)],
        by_command(os.environ),
        log=folder / "redis.log",
        says="Ready to accept connections",
    )


def socket_server(folder: Path, number: int, port: int, redis_port: int) -> Process:
    """Return a server by the command line of `make run`, not started yet."""
    env = environment(redis_port)
    given = {"WEB_PORT": "1", "SIMULATOR_PORT": "1", "REALTIME_PORT": str(port)}
    (program,) = (one for one in programs(env | given) if one.name == "realtime")
    command = [
        part.replace("lokahome.asgi:", "messaging.tests.consumers.quick:")
        for part in program.command
    ]
    return Process(
        f"realtime-{number}",
        [str(paths.VENV_PYTHON), *command[1:]],
        by_command(env),
        log=folder / f"realtime-{number}.log",
        health=program.health,
    )


class Line:
    """One connection of a phone, with what it was told."""

    def __init__(self, port: int, *, origin: str | None = None) -> None:
        opening = connect(
            f"ws://{ports.LOOPBACK}:{port}/realtime/v1",
            origin=origin,  # type: ignore[arg-type]
            compression=None,
            open_timeout=PATIENCE,
            close_timeout=1,
            proxy=None,
        )
        self.connection: ClientConnection = opening.__enter__()

    def send(self, **frame: Any) -> None:
        """Send a frame."""
        self.connection.send(json.dumps(frame))

    def frame(self) -> dict[str, Any]:
        """Return the next frame; raises ConnectionClosed."""
        found: dict[str, Any] = json.loads(self.connection.recv(timeout=PATIENCE))
        return found

    def until(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of *kinds*."""
        while (frame := self.frame())["type"] not in kinds:
            continue
        return frame

    def close_code(self) -> int:
        """Return the code with which the server closes."""
        try:
            while True:
                self.frame()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006


class Copy:
    """A phone's copy of its person's log, over as many connections as it takes."""

    def __init__(self, person: User) -> None:
        self.person = person
        self.epoch: str | None = None
        self.cursor: int | None = None
        self.bodies: list[str] = []
        self.acks: dict[str, int] = {}

    def take(self, frame: dict[str, Any]) -> None:
        """Take what a frame brings, holding it against the cursor."""
        if frame["type"] == "welcome":
            self.epoch = frame["epoch"]
            self.cursor = frame["cursor"] if self.cursor is None else self.cursor
        if frame["type"] == "ack":
            self.acks[frame["client_id"]] = frame["seq"]
        events = frame.get("events", [frame] if frame["type"] == "event" else [])
        for event in events:
            assert self.cursor is not None
            assert event["useq"] == self.cursor + 1, "a gap, or an event twice"
            self.cursor = event["useq"]
            if event["kind"] == "message":
                self.bodies.append(event["message"]["body"])

    def hello(self, line: Line) -> None:
        """Say hello with the cursor of this copy."""
        known = {"epoch": self.epoch, "cursor": self.cursor} if self.epoch else {}
        line.send(type="hello", ticket=ticket_for(self.person), **known)

    def follow(self, port: int, useq: int) -> None:
        """Connect, resume, and read until the copy stands at *useq*, or it is cut."""
        with contextlib.suppress(*CUT):
            line = Line(port)
            self.hello(line)
            is_live = False
            while not is_live or (self.cursor or 0) < useq:
                frame = line.frame()
                self.take(frame)
                is_live = is_live or frame["type"] == "live"
            line.connection.close()


@contextlib.contextmanager
def cut_wire(
    target: int, *, down: int | None = None, up: int | None = None
) -> Iterator[int]:
    """Lend the port of a wire to *target* that is reset after so many bytes.

    *down*: from the server; *up*: to the server. Counts the handshake as well.
    """
    listener = socket.create_server((ports.LOOPBACK, 0))
    ends: list[socket.socket] = []

    def reset() -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                # The other thread reads from it: closing alone would not end that.
                end.shutdown(socket.SHUT_RD)
                end.close()

    def pump(source: socket.socket, sink: socket.socket, left: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data if left is None else data[:left])
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        break
        reset()

    def serve() -> None:
        with contextlib.suppress(OSError):
            near, _address = listener.accept()
            far = socket.create_connection((ports.LOOPBACK, target))
            ends.extend((near, far))
            threading.Thread(target=pump, args=(far, near, down), daemon=True).start()
            pump(near, far, up)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        reset()
        thread.join(PATIENCE)
