"""What sockets ask of the database: short, synchronous, run in the hub's threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import translation

from accounts.models import User
from lokahome.core import clock, errors
from lokahome.core.api.problems import problem_body, translate
from lokahome.core.clock import utc_text
from lokahome.core.request_id import begin_request_id
from messaging.consumers.frames import PATH, Cursor, Send
from messaging.services.messages import move_cursor, post_message
from messaging.services.tickets import Redeemed, redeem_ticket

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """What was written: the answer's members, and whose logs moved how far."""

    answer: dict[str, Any]
    moved: Mapping[UUID, int] = field(default_factory=dict)


class Refused(Exception):
    """The domain said no, or something is broken; *problem* is what the app is told."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(problem["code"])


def enter(ticket: str) -> Redeemed:
    """Use the ticket up; raises Refused."""
    return _asked(lambda: redeem_ticket(token=ticket, now=clock.now()), "")


def post(person: User, frame: Send) -> Done:
    """Write the message; the answer is that of an ack. Raises Refused."""

    def write() -> Done:
        frame.check()
        posted = post_message(
            conversation_id=frame.conversation_id or UUID(int=0),
            sender=person,
            client_id=frame.client_id,
            body=frame.body,
            now=clock.now(),
        )
        answer = {
            "client_id": str(frame.client_id),
            "conversation_id": str(posted.message.conversation_id),
            "seq": posted.message.seq,
            "at": utc_text(posted.message.created_at),
        }
        return Done(answer, posted.moved)

    return _asked(write, person.language)


def move(person: User, frame: Cursor) -> Done:
    """Move the person's cursors in a conversation; raises Refused."""

    def write() -> Done:
        moved = move_cursor(
            conversation_id=frame.conversation_id,
            person=person,
            delivered_seq=frame.delivered_seq,
            read_seq=frame.read_seq,
        )
        return Done({}, moved.moved)

    return _asked(write, person.language)


def problem_of(error: errors.DomainError, language: str = "") -> dict[str, Any]:
    """Return *error* as REST answers it, ``instance`` being the socket's path."""
    with translation.override(language or settings.LANGUAGE_CODE):
        return problem_body(error, PATH)


def _asked(act: Callable[[], T], language: str) -> T:
    begin_request_id()
    with translation.override(language or settings.LANGUAGE_CODE):
        try:
            return act()
        except Exception as exception:
            error = translate(exception)
            if error is None:
                log.error("a frame failed", exc_info=exception)
                error = errors.ServerError()
            raise Refused(problem_body(error, PATH)) from exception
