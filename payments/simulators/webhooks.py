"""Delivering webhooks as a gateway does: real HTTP, retries, each attempt re-signed.

FedaPay: any 2xx is success, up to 9 retries with exponential gaps of at most about two
minutes, a new time stamp and signature each time, and after 10 failures the endpoint is
switched off until somebody resumes it (docs.fedapay.com "webhooks").
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx

from payments.simulators.agenda import Agenda
from payments.simulators.book import Book, Entry

RETRIES = 9
LONGEST_GAP = 120.0
BURST = 200
_FLUSH_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One event on its way. `sign` returns the headers for a body at a time."""

    event_id: str
    object_key: str
    reference: str
    url: str
    body: bytes
    forged_body: bytes
    sign: Callable[[bytes, int], dict[str, str]]
    forge: Callable[[bytes, int], dict[str, str]]


@dataclass(slots=True)
class Mailbox:
    """What is known of the deliveries of one event."""

    attempts: int = 0
    delivered: bool = False
    last_status: str = ""


@dataclass(slots=True)
class Courier:
    """Send letters; the book keeps every attempt, `boxes` is rebuilt from it."""

    book: Book
    agenda: Agenda
    gateway: str
    boxes: dict[str, Mailbox] = field(default_factory=dict)
    disabled: bool = False
    _held: dict[str, list[Letter]] = field(default_factory=dict)
    _running: dict[str, set[asyncio.Task[Any]]] = field(default_factory=dict)
    # Made at once: its TLS context takes long enough to stall the event loop.
    _client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(
            timeout=10,
            trust_env=False,
            limits=httpx.Limits(max_connections=BURST + 20),
        )
    )

    def apply(self, entry: Entry) -> None:
        """Take one entry of the book into account (at start and as they are written)."""
        if entry.kind == "webhook.attempt":
            box = self.boxes.setdefault(entry.data["event"], Mailbox())
            box.attempts += 1
            box.last_status = str(entry.data["answer"])
            box.delivered = box.delivered or bool(entry.data["ok"])
        elif entry.kind == "webhook.disabled":
            self.disabled = True
        elif entry.kind == "webhook.resumed":
            self.disabled = False

    def dispatch(self, letter: Letter, faults: dict[str, float]) -> None:
        """Send a new event, as the faults of its reference want it."""
        if "webhook_never" in faults or not letter.url:
            return
        if "webhook_late" in faults:
            due = time.time() + faults["webhook_late"]
            rest = {k: v for k, v in faults.items() if k != "webhook_late"}
            self.agenda.at(due, lambda: self.dispatch(letter, rest))
            return
        if "webhook_reordered" in faults:
            held = self._held.setdefault(letter.object_key, [])
            held.append(letter)
            if len(held) == 1:
                due = self.agenda.due_in(_FLUSH_AFTER)
                self.agenda.at(due, lambda: self._flush(letter.object_key))
                return
            self._flush(letter.object_key)
            return
        self._start(letter, self._deliver(letter, faults))

    def send_again(
        self, letter: Letter, *, drift: int = 0, altered: bool = False
    ) -> None:
        """Replay one event, signed `drift` seconds from now."""
        self._start(letter, self._once(letter, drift=drift, altered=altered))

    def send_forged(self, letter: Letter) -> None:
        """Send a "paid" webhook that the gateway never made, under another secret."""
        self._start(letter, self._once(letter, forged=True))

    def retry(self, letter: Letter) -> None:
        """Go on trying an event whose delivery stopped (restart, resume)."""
        self._start(letter, self._deliver(letter, {}))

    async def drain(self, object_key: str, seconds: float = 5.0) -> None:
        """Wait until the letters about one object were answered."""
        tasks = self._running.get(object_key)
        if tasks:
            await asyncio.wait(set(tasks), timeout=seconds)

    def disable(self) -> None:
        """Switch the endpoint off."""
        self._write("webhook.disabled")

    def resume(self) -> None:
        """Switch the endpoint on again."""
        self._write("webhook.resumed")

    def _write(self, kind: str, **data: object) -> None:
        self.apply(self.book.append(self.gateway, kind, data=data))

    def _flush(self, object_key: str) -> None:
        letters = self._held.pop(object_key, [])
        if letters:
            self._start(letters[0], self._backwards(letters))

    async def _backwards(self, letters: list[Letter]) -> None:
        for letter in reversed(letters):
            await self._deliver(letter, {})

    def _start(self, letter: Letter, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        running = self._running.setdefault(letter.object_key, set())
        running.add(task)
        task.add_done_callback(running.discard)

    async def _deliver(self, letter: Letter, faults: dict[str, float]) -> None:
        if "webhook_forged" in faults:
            await self._once(letter, forged=True)
        copies = 2 if "webhook_twice" in faults else 1
        copies = BURST if "webhook_burst" in faults else copies
        if copies > 1:
            await asyncio.gather(*(self._once(letter) for _ in range(copies)))
            return
        box = self.boxes.setdefault(letter.event_id, Mailbox())
        if self.disabled:
            return
        altered = "webhook_altered" in faults
        if await self._once(letter, altered=altered) or altered:
            return
        if box.attempts > RETRIES:
            self._write("webhook.disabled", event=letter.event_id)
            return
        gap = min(LONGEST_GAP, 2.0 ** (box.attempts - 1))
        self.agenda.at(self.agenda.due_in(gap), lambda: self.retry(letter))

    async def _once(
        self,
        letter: Letter,
        *,
        drift: int = 0,
        altered: bool = False,
        forged: bool = False,
    ) -> bool:
        stamp = int(time.time()) + drift
        body = letter.forged_body if forged else letter.body
        headers = (letter.forge if forged else letter.sign)(body, stamp)
        if altered:
            body = body.replace(b'"amount": ', b'"amount": 1', 1)
        try:
            answer = await self._client.post(letter.url, content=body, headers=headers)
            status, ok = str(answer.status_code), answer.is_success
        except httpx.HTTPError as error:
            status, ok = type(error).__name__, False
        kind = "webhook.attempt"
        if forged or altered:
            kind = "webhook.forged" if forged else "webhook.altered"
        self._write(kind, event=letter.event_id, answer=status, ok=ok)
        return ok
