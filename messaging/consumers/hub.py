"""One for each process: its sessions, what wakes them, and who reads for them.

A hint, or the head check, says that a person's log moved; the reader fetches for all
sessions that are behind in one query and puts it on their wires. Hints may be lost,
doubled or late: the sessions' own cursors decide what is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from django.db import connections

from messaging.consumers.frames import Closing
from messaging.consumers.layer import Layer
from messaging.consumers.pace import Pace
from messaging.consumers.session import Session
from messaging.hints import send_hints
from messaging.queries.events import events_of_many

log = structlog.get_logger(__name__)
T = TypeVar("T")
AT_ONCE = 100
"""Sessions that are read for in one query."""
REST_SECONDS = 0.5
"""After the database failed, before it is asked again."""


class Hub:
    """The sessions of one process (of one event loop), by person.

    Runs from its first session to its last: an idle process holds no thread, no
    connection and no subscription.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.sessions: dict[UUID, set[Session]] = {}
        self.layer = Layer(pace, on_hint=self._on_hint)
        self._behind: set[Session] = set()
        self._untold: dict[UUID, int] = {}
        self._work = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._writers: ThreadPoolExecutor | None = None
        self._reader: ThreadPoolExecutor | None = None
        self._guests = 0

    async def enter(self) -> None:
        """Begin to run with the first socket, before its hello."""
        self._guests += 1
        if self._guests > 1:
            return
        self._writers = ThreadPoolExecutor(self.pace.threads, "sockets")
        # Of its own: what is read for everybody must not queue behind what some write.
        self._reader = ThreadPoolExecutor(1, "sockets-reader")
        self._tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._tell()),
            asyncio.create_task(self.layer.listen()),
        ]
        if self.pace.check:
            from messaging.consumers.watch import watch

            self._tasks.append(asyncio.create_task(watch(self)))

    async def leave(self, session: Session | None) -> None:
        """Forget the session of a socket that went; end with the last one."""
        if session is not None:
            await self._forget(session)
        self._guests -= 1
        if self._guests == 0:
            tasks, self._tasks = self._tasks, []
            writers, self._writers = self._writers, None
            reader, self._reader = self._reader, None
            # Before anything is waited for: who comes while this one is leaving finds
            # another layer, and begins to listen to that one.
            layer, self.layer = self.layer, Layer(self.pace, on_hint=self._on_hint)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await layer.stop()
            await asyncio.to_thread(_end, writers, self.pace.threads)
            await asyncio.to_thread(_end, reader, 1)

    async def join(self, session: Session) -> None:
        """Take the session in: from here on hints reach it. Then the log is read.

        The other order would lose what is committed between reading and joining. An
        older socket of the same device is closed, here and in other processes.
        """
        person_id = session.person.pk
        mine = self.sessions.setdefault(person_id, set())
        self.supersede(person_id, session.device_id, session.id)
        mine.add(session)
        await self.layer.join(person_id)
        await self.layer.announce(person_id, session.device_id, session.id)

    async def run(self, act: Callable[..., T], *arguments: Any) -> T:
        """Call *act* in one of the hub's threads, with its database connection."""
        return await _run(self._writers, act, *arguments)

    async def read(self, act: Callable[..., T], *arguments: Any) -> T:
        """Call *act*, which reads for many, in the reader's thread."""
        return await _run(self._reader, act, *arguments)

    def moved(self, people: Mapping[UUID, int]) -> None:
        """Tell sessions here and in other processes that logs moved. Never waits."""
        for person_id, useq in people.items():
            self.wake(person_id, useq)
            self._untold[person_id] = max(useq, self._untold.get(person_id, 0))
        self._news.set()

    def wake(self, person_id: UUID, useq: int) -> None:
        """Have the sessions of *person_id* read up to *useq*, unless they did."""
        for session in self.sessions.get(person_id, ()):
            session.head = max(session.head, useq)
            self.look(session)

    def look(self, session: Session) -> None:
        """Have the session read when it is behind and has room."""
        if session.wants:
            self._behind.add(session)
            self._work.set()

    def supersede(self, person_id: UUID, device_id: UUID, newer: UUID) -> None:
        """Close the sessions of a device that has opened a newer one."""
        for other in self.sessions.get(person_id, ()):
            if other.device_id == device_id and other.id < newer:
                other.close(Closing.SUPERSEDED, "superseded")

    def _on_hint(self, hint: Mapping[str, Any]) -> None:
        person_id = UUID(hex=hint["person"])
        if "device" in hint:
            device_id, newer = UUID(hex=hint["device"]), UUID(hex=hint["session"])
            self.supersede(person_id, device_id, newer)
        else:
            self.wake(person_id, hint["useq"])

    async def _forget(self, session: Session) -> None:
        self._behind.discard(session)
        person_id = session.person.pk
        left = self.sessions.get(person_id, set())
        left.discard(session)
        if not left:
            self.sessions.pop(person_id, None)
            await self.layer.part(person_id)
            if person_id in self.sessions:  # came back while the layer was asked
                await self.layer.join(person_id)

    async def _read(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._behind:
                some = [
                    self._behind.pop() for _ in range(min(AT_ONCE, len(self._behind)))
                ]
                reading = [session for session in some if session.wants]
                if reading:
                    await self._read_for(reading)

    async def _read_for(self, reading: list[Session]) -> None:
        wanted = [(session.person.pk, session.cursor) for session in reading]
        try:
            found = await self.read(_events, wanted, self.pace.page)
        except Exception as error:
            log.error("logs were not read", error=type(error).__name__, exc_info=error)
            await asyncio.sleep(REST_SECONDS)
            found = None
        for place, session in enumerate(reading):
            if found is not None and session.wants:
                try:
                    session.deliver(found[place])
                except Exception as error:  # one socket's fault is not the others'
                    log.error("a log was not told", exc_info=error)
                    session.cut()
            self.look(session)

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            people, self._untold = self._untold, {}
            await send_hints(people)


def _events(wanted: list[tuple[UUID, int]], limit: int) -> list[list[dict[str, Any]]]:
    return events_of_many(wanted, limit=limit)


async def _run(
    pool: ThreadPoolExecutor | None, act: Callable[..., T], *arguments: Any
) -> T:
    call = database_sync_to_async(act, thread_sensitive=False, executor=pool)
    result: T = await call(*arguments)
    return result


def _end(pool: ThreadPoolExecutor | None, threads: int) -> None:
    """Close every thread's connection, and end them."""
    if pool is None:
        return
    together = Barrier(threads)

    def close() -> None:
        together.wait(10)  # holds each thread until all are here: one call each
        connections.close_all()

    for _thread in range(threads):
        pool.submit(close)
    pool.shutdown()


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub_of(pace: Pace) -> Hub:
    """Return the hub of the running loop, made when there is none."""
    loop = asyncio.get_running_loop()
    for old in [known for known in _hubs if known.is_closed()]:
        del _hubs[old]
    found = _hubs.get(loop)
    if found is None or (found.pace != pace and not found.sessions):
        found = _hubs[loop] = Hub(pace)
    return found
