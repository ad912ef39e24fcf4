"""The carrier itself: messages on their way, reports of them, and SMS of people."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from messaging.simulators import wire
from messaging.simulators.faults import Faults
from messaging.simulators.wire import FINAL, Message
from payments.simulators.agenda import Agenda
from payments.simulators.book import Book, Entry
from payments.simulators.gateway import NotKnown

GATEWAY = "sms"
SENT_AFTER, ENDED_AFTER = 0.3, 1.2
UNREACHABLE = 30003
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START = frozenset({"START", "UNSTOP", "YES"})
REPORT, INBOUND = "report", "inbound"


class Carrier:
    """All state is rebuilt from the book; what a restart interrupted goes on."""

    def __init__(
        self,
        book: Book,
        agenda: Agenda,
        faults: Faults,
        *,
        account: str,
        token: str,
        number: str,
        inbound_url: str,
    ) -> None:
        self.account, self.number = account, number
        self.faults = faults
        self.messages: dict[str, Message] = {}
        self.inbound: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, list[str]] = {}
        """Sid -> what each report or hand-over of it was answered."""
        self.opted_out: set[str] = set()
        self._book, self._agenda = book, agenda
        self._token, self._inbound_url = token, inbound_url
        self._held: dict[str, list[Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Made at once: its TLS context takes long enough to stall the event loop.
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        for entry in book.entries():
            self._apply(entry)

    def resume(self) -> None:
        """Take up, inside the event loop, what a restart interrupted."""
        for message in self.messages.values():
            if message.status not in FINAL:
                self._plan(message)

    def create(self, form: dict[str, str]) -> Message:
        """Take a message; raises `WireError`."""
        wire.checked(form, self.opted_out)
        data = {
            "to": form["To"],
            "sender": form.get("From") or self.number,
            "body": form["Body"],
            "callback": form.get("StatusCallback", ""),
            "faults": self.faults.for_reports(form["To"]),
        }
        sid = wire.new_sid()
        self._write("message.created", sid, **data)
        message = self.messages[sid]
        self._plan(message)
        return message

    def receive(self, *, sender: str, body: str, sid: str = "") -> str:
        """Let somebody send an SMS to our number; return its id."""
        sid = sid or wire.new_sid()
        self._write("inbound.received", sid, sender=sender, body=body)
        self.hand_over(sid)
        return sid

    def hand_over(self, sid: str, *, forged: bool = False) -> None:
        """Post an inbound SMS (again). Raises `NotKnown`."""
        if sid not in self.inbound:
            raise NotKnown(sid)
        row = self.inbound[sid]
        form = wire.inbound_form(
            self.account,
            sid=sid,
            sender=row["sender"],
            number=self.number,
            body=row["body"],
        )
        self._post(INBOUND, sid, self._inbound_url, form, forged=forged)

    def report(
        self,
        sid: str,
        status: str,
        error_code: int | None = None,
        *,
        forged: bool = False,
    ) -> None:
        """Post a status callback of a message, true or not. Raises `NotKnown`."""
        if sid not in self.messages:
            raise NotKnown(sid)
        message = self.messages[sid]
        form = wire.report_form(self.account, message, status, error_code)
        self._post(REPORT, sid, message.callback, form, forged=forged)

    def _plan(self, message: Message) -> None:
        steps: list[tuple[float, str, int | None]] = [(SENT_AFTER, "sent", None)]
        if "undelivered" in message.faults:
            steps.append((ENDED_AFTER, "undelivered", UNREACHABLE))
        else:
            steps.append((ENDED_AFTER, "delivered", None))
        for after, status, error in steps:
            due = self._agenda.due_in(after)
            # Defaults bind the values of this turn; mypy takes them for arguments.
            self._agenda.at(due, lambda s=status, e=error: self._move(message, s, e))  # type: ignore[misc]

    def _move(self, message: Message, status: str, error_code: int | None) -> None:
        self._write("message.status", message.sid, status=status, error=error_code)
        faults = message.faults
        if "never" in faults:
            return
        if "forged" in faults:
            self.report(message.sid, "delivered", forged=True)

        def tell() -> None:
            for _ in range(2 if "twice" in faults else 1):
                self.report(message.sid, status, error_code)

        if "late" in faults:
            self._agenda.at(time.time() + faults["late"], tell)
        elif "reordered" in faults:
            held = self._held.setdefault(message.sid, [])
            held.append(tell)
            if status in FINAL:
                for one in reversed(self._held.pop(message.sid)):
                    one()
        else:
            tell()

    def _post(
        self, kind: str, sid: str, url: str, form: dict[str, str], *, forged: bool
    ) -> None:
        if not url:
            return
        token = "somebody-else" if forged else self._token
        headers = {"X-Twilio-Signature": wire.signature(token, url, form)}

        async def deliver() -> None:
            try:
                answer = await self._client.post(url, data=form, headers=headers)
                said = str(answer.status_code)
            except httpx.HTTPError as error:
                said = type(error).__name__
            name = f"{kind}.forged" if forged else f"{kind}.attempt"
            self._write(name, sid, answer=said, status=form["SmsStatus"])

        task = asyncio.get_running_loop().create_task(deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _write(self, kind: str, sid: str, **data: Any) -> None:
        self._apply(self._book.append(GATEWAY, kind, reference=sid, data=data))

    def _apply(self, entry: Entry) -> None:
        sid, data = entry.reference, entry.data
        if entry.kind == "message.created":
            self.messages[sid] = Message(sid=sid, created_at=entry.at, **data)
        elif entry.kind == "message.status":
            self.messages[sid].status = data["status"]
            self.messages[sid].error_code = data["error"]
        elif entry.kind == "inbound.received":
            self.inbound[sid] = {"sid": sid, "at": entry.at, **data}
            word = data["body"].strip().upper()
            if word in STOP:
                self.opted_out.add(data["sender"])
            elif word in START:
                self.opted_out.discard(data["sender"])
        elif entry.kind.endswith(".attempt"):
            self.attempts.setdefault(sid, []).append(
                f"{data['status']} {data['answer']}"
            )
