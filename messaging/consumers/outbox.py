"""What waits to go out on one socket: bounded, written by one task, watched for stalls."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from messaging.consumers.pace import Pace

SendEvent = Callable[[dict[str, Any]], Awaitable[None]]


class Overflow(Exception):
    """More waits than may; the reader is too slow."""


class Outbox:
    """Frames on their way out, in order.

    *on_room* is called when so much has gone that more events may be read for the
    socket: what it has not got yet waits in PostgreSQL, not in this process.
    """

    def __init__(
        self, send: SendEvent, pace: Pace, on_room: Callable[[], None]
    ) -> None:
        self._send = send
        self._pace = pace
        self._on_room = on_room
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._closing: tuple[int, str] | None = None
        self._stuck_since: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """Whether more events may be put in."""
        return self._bytes < self._pace.room and self._closing is None

    @property
    def is_closing(self) -> bool:
        """Whether nothing more goes in."""
        return self._closing is not None

    def stuck_for(self) -> float:
        """Return for how many seconds the socket has not taken the present frame."""
        if self._stuck_since is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._stuck_since

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write())

    def put(self, text: str) -> None:
        """Add a frame; raises Overflow. Once it is closing, frames are dropped."""
        if self._closing is not None:
            return
        size = _size(text)
        if (
            len(self._waiting) >= self._pace.frames
            or self._bytes + size > self._pace.outbox
        ):
            raise Overflow
        self._waiting.append(text)
        self._bytes += size
        self._news.set()

    def say_last(self, text: str) -> None:
        """Add a frame before the end, if there is room; a full outbox is no reason."""
        with contextlib.suppress(Overflow):
            self.put(text)

    def close(self, code: int, reason: str) -> None:
        """Close the socket once everything before has gone."""
        if self._closing is None:
            self._closing = (code, reason)
            self._news.set()

    def cut(self, code: int, reason: str) -> None:
        """Close the socket now: what waits is forgotten, it can be read again later."""
        self._closing = (code, reason)
        self._waiting.clear()
        self._bytes = 0
        self._news.set()
        loop = asyncio.get_running_loop()
        _let_go(self._send, loop, after=self._pace.farewell)

    async def stop(self) -> None:
        """End the task that writes; nothing goes out any more."""
        self._closing = self._closing or (1000, "")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                while self._waiting:
                    text = self._waiting.popleft()
                    self._stuck_since = loop.time()
                    await self._send({"type": "websocket.send", "text": text})
                    self._stuck_since = None
                    was_full = not self.has_room
                    self._bytes = max(0, self._bytes - _size(text))
                    if was_full and self.has_room:
                        self._on_room()
                if self._closing is not None:
                    code, reason = self._closing
                    await self._send(
                        {"type": "websocket.close", "code": code, "reason": reason}
                    )
                    return
                self._news.clear()
                await self._news.wait()
        except asyncio.CancelledError:
            raise
        except Exception:  # the peer is gone: the disconnect event says so as well
            self._closing = self._closing or (1006, "")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _let_go(send: SendEvent, loop: asyncio.AbstractEventLoop, *, after: float) -> None:
    """Wake a send that waits for a reader who does not read, and end it for good soon.

    ASGI has no word for it. Uvicorn holds back every send, the close included, while
    its buffer is full, and then waits for ever for that buffer to go: a reader with a
    closed window would keep the socket and its memory. Other servers are left alone.
    """
    protocol = getattr(send, "__self__", None)
    writable = getattr(protocol, "writable", None)
    transport = getattr(protocol, "transport", None)
    if isinstance(writable, asyncio.Event) and transport is not None:
        writable.set()
        loop.call_later(after, transport.abort)
