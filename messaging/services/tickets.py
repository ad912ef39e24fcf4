"""Tickets for sockets: made over HTTPS, good for one socket within half a minute."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy

from accounts.models import Session, User
from lokahome.core import limits
from lokahome.core.errors import NotAuthenticated
from messaging.models import RealtimeTicket
from messaging.services.person_logs import ensure_logs

LIFE = timedelta(seconds=30)
ISSUED_A_MINUTE = 30
MINUTE = timedelta(minutes=1)
TOKEN_BYTES = 32

REDEEM = """
UPDATE messaging_realtimeticket SET used_at = %(now)s
WHERE token_digest = %(digest)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING session_id, device_id
"""


class TicketRefused(NotAuthenticated):
    """The ticket is unknown, used or too old, or its session has ended."""

    code = "realtime.ticket_refused"
    title = gettext_lazy("Demandez une nouvelle connexion")


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket in the clear, which exists here and with its person only."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who came in by a ticket, from which session, and on which device."""

    person: User
    session_id: UUID
    device_id: UUID


def issue_ticket(*, session: Session, device_id: UUID, now: datetime) -> IssuedTicket:
    """Return a ticket that opens one socket on *device_id* for the person of *session*.

    The socket ends with the session. Old tickets of the same person go away. Raises RateLimited: a phone that connects
    every second drains its battery and our database.
    """
    person_id = session.user_id
    limits.take(
        "realtime.ticket",
        str(person_id),
        limit=ISSUED_A_MINUTE,
        window=MINUTE,
        now=now,
    )
    ensure_logs([person_id])
    RealtimeTicket.objects.filter(person_id=person_id, expires_at__lt=now).delete()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ticket = RealtimeTicket(
        token_digest=_digest(token),
        person_id=person_id,
        session=session,
        device_id=device_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    ticket.save()
    return IssuedTicket(token=token, expires_at=ticket.expires_at)


def redeem_ticket(*, token: str, now: datetime) -> Redeemed:
    """Use *token* up and return who it was for; raises TicketRefused.

    One statement looks and marks, so of two sockets with one ticket one opens. All
    refusals look the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(REDEEM, {"now": now, "digest": _digest(token)})
        row = cursor.fetchone()
    if row is None:
        raise TicketRefused
    alive = Session.objects.alive(now).select_related("user")
    session = alive.filter(pk=row[0], user__is_active=True).first()
    if session is None:
        raise TicketRefused
    return Redeemed(person=session.user, session_id=session.pk, device_id=row[1])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
