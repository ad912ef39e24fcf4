"""One socket after its hello: whose it is, and how far it has been told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.models import User
from lokahome.core.ids import uuid7
from messaging.consumers.frames import Closing, encode, encode_events
from messaging.consumers.outbox import Outbox, Overflow
from messaging.consumers.pace import Pace
from messaging.queries.events import Head


class Session:
    """One device's view of its person's log, until its sign-in session ends.

    ``cursor`` is the last ``useq`` that was put on the wire, ``head`` the last one that
    is known to exist. Whatever lies between is read from PostgreSQL, by the hub.
    """

    def __init__(
        self,
        *,
        person: User,
        sign_in_id: UUID,
        device_id: UUID,
        outbox: Outbox,
        pace: Pace,
    ) -> None:
        self.id = uuid7()
        self.person = person
        self.sign_in_id = sign_in_id
        """The `accounts` session that asked for the ticket."""
        self.device_id = device_id
        self.epoch = UUID(int=0)
        self.outbox = outbox
        self.pace = pace
        self.cursor = 0
        self.head = 0
        self.is_open = False
        """False until the welcome is out: nothing is read for it before."""
        self.is_live = False
        self.is_warned = False
        self.renew()

    def renew(self) -> None:
        """Count the session's time from now on."""
        now = asyncio.get_running_loop().time()
        self.ends_at = now + self.pace.session
        self.is_warned = False

    @property
    def wants(self) -> bool:
        """Whether there is something to read, and room for it."""
        return (
            self.is_open
            and not self.outbox.is_closing
            and self.head > self.cursor
            and self.outbox.has_room
        )

    def open(self, head: Head, *, cursor: int | None, epoch: UUID | None) -> None:
        """Welcome the app, whose copy stands at *cursor* of *epoch*.

        An app without a cursor starts at the head: it reads over REST what was before.
        One whose cursor means nothing is told so, never left with a gap in silence.
        """
        self.epoch = head.epoch
        self.head = max(self.head, head.useq)
        self.welcome(head.useq)
        self.is_open = True
        if cursor is None:
            self.cursor = head.useq
        elif epoch != head.epoch:
            self.reset("epoch", at=head.useq)
        elif cursor > head.useq:
            self.reset("ahead", at=head.useq)
        else:
            self.cursor = cursor
        self._go_live()

    def welcome(self, cursor: int) -> None:
        """Tell the app that it is in, and where its person's log stands."""
        self.put(
            "welcome",
            epoch=str(self.epoch),
            cursor=cursor,
            ping_seconds=round(self.pace.ping),
            session_seconds=round(self.pace.session),
        )

    def reset(self, reason: str, *, at: int) -> None:
        """Tell the app that its copy is of no use, and go on from *at*."""
        self.put("reset", reason=reason, epoch=str(self.epoch), cursor=at)
        self.cursor = at

    def deliver(self, events: Sequence[dict[str, Any]]) -> None:
        """Put *events*, read after the cursor, on the wire; a gap becomes a reset.

        As many as there is room for: the others are read again when these have gone.
        """
        if not events or events[0]["useq"] != self.cursor + 1:
            self.reset("history_gone", at=self.head)
        else:
            self.head = max(self.head, events[-1]["useq"])
            for text, useq in encode_events(events):
                if not self.outbox.has_room:
                    break
                self._put(text)
                self.cursor = useq
        self._go_live()

    def put(self, kind: str, /, **members: Any) -> None:
        """Put one frame on the wire."""
        self._put(encode(kind, **members))

    def close(self, code: Closing, reason: str) -> None:
        """Close the socket after what waits."""
        self.outbox.close(code, reason)

    def cut(self) -> None:
        """Close the socket of a reader who is too slow; it resumes where it was."""
        self.outbox.cut(Closing.SLOW, "slow")

    def _go_live(self) -> None:
        if not self.is_live and self.cursor >= self.head:
            self.is_live = True
            self.put("live")

    def _put(self, text: str) -> None:
        try:
            self.outbox.put(text)
        except Overflow:
            self.cut()
