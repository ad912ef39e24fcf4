"""What a process looks at every few seconds, for all its sockets at once."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog

from lokahome.core.errors import NotAllowed, NotAuthenticated
from messaging.consumers.frames import Closing
from messaging.consumers.session import Session
from messaging.consumers.work import problem_of
from messaging.queries.streams import Standing, standings_of

if TYPE_CHECKING:
    from messaging.consumers.hub import Hub

log = structlog.get_logger(__name__)


async def watch(hub: Hub) -> None:
    """Look again and again, never at the same moments as other processes."""
    while True:
        # Spread, not secret.
        await asyncio.sleep(hub.pace.check * random.uniform(0.9, 1.1))  # noqa: S311
        try:
            await look_once(hub)
        except Exception as error:
            log.error("sockets were not looked at", exc_info=error)


async def look_once(hub: Hub) -> None:
    """Heal lost hints, close who may not stay, and keep the layer's ear open.

    One indexed read for everybody here: a lost hint costs some seconds, whatever
    became of Redis meanwhile.
    """
    for session in all_sessions(hub):
        _check_time(session)
    # As they are before the read: what is written meanwhile puts none of them ahead.
    cursors = {each: each.cursor for each in all_sessions(hub) if each.is_open}
    people = {session.person.pk for session in cursors}
    found = await hub.read(standings_of, people) if people else {}
    for session, cursor in cursors.items():
        _check_standing(session, cursor, found.get(session.person.pk))
    for person_id, standing in found.items():
        hub.wake(person_id, standing.useq)
    await hub.layer.keep()


def all_sessions(hub: Hub) -> list[Session]:
    """Return every session of *hub*."""
    return [session for some in hub.sessions.values() for session in some]


def _check_time(session: Session) -> None:
    now = asyncio.get_running_loop().time()
    if session.outbox.stuck_for() > session.pace.stall:
        session.cut()
    elif now > session.ends_at:
        session.close(Closing.SIGN_IN, "session_over")
    elif now > session.ends_at - session.pace.warning and not session.is_warned:
        session.is_warned = True
        session.put("expiring", seconds=max(0, round(session.ends_at - now)))


def _check_standing(session: Session, cursor: int, standing: Standing | None) -> None:
    if standing is None or not standing.is_active:
        session.put(
            "problem", problem=problem_of(NotAllowed(), session.person.language)
        )
        session.close(Closing.FORBIDDEN, "not_allowed")
    elif session.sign_in_id not in standing.sessions:
        session.put(
            "problem", problem=problem_of(NotAuthenticated(), session.person.language)
        )
        session.close(Closing.SIGN_IN, "signed_out")
    elif standing.epoch != session.epoch or standing.useq < cursor:
        # The database was restored from a backup under this socket.
        session.close(Closing.RESET, "epoch")
