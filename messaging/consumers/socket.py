"""The consumer of ``/realtime/v1``: frames in, one call each, frames out."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from lokahome.core.errors import BadRequest, NotAuthenticated, RateLimited, ServerError
from messaging.consumers import work
from messaging.consumers.bucket import Bucket
from messaging.consumers.frames import (
    MAX_FRAME,
    BadFrame,
    Beat,
    Closing,
    Cursor,
    Hello,
    Send,
    encode,
    parse,
)
from messaging.consumers.hub import hub_of
from messaging.consumers.outbox import Outbox
from messaging.consumers.pace import pace
from messaging.consumers.session import Session
from messaging.queries.events import head_of
from messaging.services.tickets import Redeemed

log = structlog.get_logger(__name__)


class RealtimeConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # no types
    """One socket: a hello with a ticket, then messages and cursors both ways.

    Frames of one socket are handled one after the other, so what a person sends keeps
    its order, and a socket that sends too fast waits for itself alone. It has no
    channel of its own: the hub listens for all of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pace = pace()
        self.hub = hub_of(self.pace)
        self.session: Session | None = None
        self.bucket = Bucket(self.pace.burst, self.pace.steady)
        self.is_in = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; the base class would subscribe each to the layer."""
        self.scope = scope
        self.base_send = send
        self.outbox = Outbox(send, self.pace, self._on_room)
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            return
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler; the base class would ask a thread about connections first,
        for every frame."""
        if message["type"] == "websocket.connect":
            await self.websocket_connect(message)
        elif message["type"] == "websocket.receive":
            try:
                await self._take(message)
            except Exception as error:
                log.error("a frame was not handled", exc_info=error)
                self._refuse(ServerError(), Closing.FAULT, "fault")
        elif message["type"] == "websocket.disconnect":
            raise StopConsumer

    async def connect(self) -> None:
        """Accept: a refusal before that could not be told apart from a broken network.

        The hello is due within seconds.
        """
        await self.accept()
        self.is_in = True
        await self.hub.enter()
        self.outbox.start()
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(self.pace.hello, self._too_late)

    async def _take(self, message: dict[str, Any]) -> None:
        if self.outbox.is_closing:
            return
        text = message.get("text")
        if text is None:
            return self._refuse(BadRequest(), Closing.BAD_FRAME, "text_only")
        if len(text) > MAX_FRAME or len(text.encode()) > MAX_FRAME:
            return self.outbox.close(Closing.TOO_BIG, "frame_too_big")
        if not self.bucket.take(asyncio.get_running_loop().time()):
            return self._refuse(RateLimited(), Closing.TOO_MANY, "too_many_frames")
        try:
            frame = parse(text)
        except BadFrame as error:
            return self._refuse(BadRequest(), Closing.BAD_FRAME, str(error))
        if isinstance(frame, Hello):
            await self._hello(frame)
        elif self.session is None:
            if frame is not None:
                self._refuse(NotAuthenticated(), Closing.SIGN_IN, "hello_first")
        elif isinstance(frame, Send):
            await self._send(self.session, frame)
        elif isinstance(frame, Cursor):
            await self._cursor(self.session, frame)
        elif isinstance(frame, Beat):
            self._beat(self.session, frame)

    async def _hello(self, frame: Hello) -> None:
        self.deadline.cancel()
        try:
            came = await self.hub.run(work.enter, frame.ticket)
        except work.Refused as refused:
            return self._end(refused.problem, Closing.SIGN_IN, "ticket_refused")
        if self.session is not None:
            if came.person.pk != self.session.person.pk:
                return self._refuse(
                    NotAuthenticated(), Closing.SIGN_IN, "another_person"
                )
            self.session.sign_in_id = came.session_id
            self.session.renew()
            return self.session.welcome(self.session.head)
        if self._is_crowded(came):
            return self._refuse(RateLimited(), Closing.TOO_MANY, "too_many_devices")
        session = Session(
            person=came.person,
            sign_in_id=came.session_id,
            device_id=came.device_id,
            outbox=self.outbox,
            pace=self.pace,
        )
        self.session = session
        await self.hub.join(session)
        head = await self.hub.run(head_of, came.person.pk)
        session.open(head, cursor=frame.cursor, epoch=frame.epoch)
        self.hub.look(session)

    def _is_crowded(self, came: Redeemed) -> bool:
        """Say whether the person has as many other devices here as one may have."""
        others = {
            session.device_id
            for session in self.hub.sessions.get(came.person.pk, ())
            if not session.outbox.is_closing
        }
        return len(others - {came.device_id}) >= self.pace.devices

    async def _send(self, session: Session, frame: Send) -> None:
        client_id = str(frame.client_id)
        try:
            done = await self.hub.run(work.post, session.person, frame)
        except work.Refused as refused:
            return session.put("nack", client_id=client_id, problem=refused.problem)
        session.put("ack", **done.answer)
        self.hub.moved(done.moved)

    async def _cursor(self, session: Session, frame: Cursor) -> None:
        try:
            done = await self.hub.run(work.move, session.person, frame)
        except work.Refused as refused:
            return session.put("problem", problem=refused.problem)
        self.hub.moved(done.moved)

    def _beat(self, session: Session, frame: Beat) -> None:
        if frame.cursor > session.cursor:
            return session.close(Closing.RESET, "ahead")
        self.hub.look(session)
        session.put("beat", cursor=session.cursor)

    def _on_room(self) -> None:
        if self.session is not None:
            self.hub.look(self.session)

    def _too_late(self) -> None:
        self._refuse(NotAuthenticated(), Closing.SIGN_IN, "hello_late")

    def _refuse(self, error: Any, code: Closing, reason: str) -> None:
        language = self.session.person.language if self.session else ""
        self._end(work.problem_of(error, language), code, reason)

    def _end(self, problem: dict[str, Any], code: Closing, reason: str) -> None:
        self.outbox.say_last(encode("problem", problem=problem))
        self.outbox.close(code, reason)

    async def _leave(self) -> None:
        if self.is_in:
            self.is_in = False
            self.deadline.cancel()
            await self.outbox.stop()
            await self.hub.leave(self.session)
