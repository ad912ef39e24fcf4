"""What a browser's session remembers of the door: half-way in, or inside since when.

Half-way, nobody is signed in: the session names who showed a password, and that is all.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts.models import User
from accounts.services.staff.second_factors import Proof

IDLE = timedelta(hours=1)
ABSOLUTE = timedelta(hours=12)
HALF_WAY = timedelta(minutes=10)
NOTED_EVERY = timedelta(minutes=1)
"""A session is written at most this often, and its factor looked for."""
FRESH = timedelta(minutes=5)
"""How long after showing a factor again one may change one's own ways in."""
HALF, INSIDE = "staff.half_way", "staff.inside"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Somebody whose password was right; moments are ISO texts, as sessions want."""

    person: str
    at: str
    password: str
    """What Django's session hash says: a password changed meanwhile ends this."""
    onward: str
    seed: str = ""
    """Ciphertext of the seed that is being enrolled."""
    factor: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A session that both proofs opened."""

    at: str
    seen: str
    factor: int
    kind: str
    until: str = ""
    """Set when a superuser gave the reason for being here."""
    proved: str = ""
    """When a factor was shown again, inside: entering was for work, not for this."""

    def is_over(self, now: datetime) -> bool:
        """Say whether the session was idle, or is old, for too long."""
        if now - datetime.fromisoformat(self.seen) > IDLE:
            return True
        if self.until and now > datetime.fromisoformat(self.until):
            return True
        return now - datetime.fromisoformat(self.at) > ABSOLUTE

    def is_fresh(self, now: datetime) -> bool:
        """Say whether a factor was shown again a moment ago."""
        return bool(self.proved) and (
            now - datetime.fromisoformat(self.proved) <= FRESH
        )

    def is_to_note(self, now: datetime) -> bool:
        """Say whether it is time to write that somebody is still here."""
        return now - datetime.fromisoformat(self.seen) >= NOTED_EVERY


def begin(session: SessionBase, user: User, *, onward: str, now: datetime) -> None:
    """Remember that *user* showed their password, under a new session key."""
    session.cycle_key()
    session[HALF] = asdict(
        HalfWay(
            person=str(user.pk),
            at=now.isoformat(),
            password=user.get_session_auth_hash(),
            onward=onward,
        )
    )


def half_way(
    session: SessionBase, *, now: datetime
) -> tuple[User, HalfWay] | tuple[None, None]:
    """Return who is half-way in and what is known of it; two Nones for nobody."""
    known: Any = session.get(HALF)
    if not known:
        return None, None
    mark = HalfWay(**known)
    if now - datetime.fromisoformat(mark.at) > HALF_WAY:
        return None, None
    people = User.objects.get_queryset().active().filter(is_staff=True)
    user = people.filter(pk=UUID(mark.person)).first()
    if user is None or user.get_session_auth_hash() != mark.password:
        return None, None
    return user, mark


def keep(session: SessionBase, mark: HalfWay, **changes: Any) -> None:
    """Remember *mark* with *changes*."""
    session[HALF] = asdict(replace(mark, **changes))


def enter(request: HttpRequest, user: User, proof: Proof, *, now: datetime) -> None:
    """Sign *user* in: a new session key, and the moment from which limits count."""
    request.session.pop(HALF, None)
    login(request, user, backend=BACKEND)
    mark_inside(request.session, proof, now=now)


def mark_inside(session: SessionBase, proof: Proof, *, now: datetime) -> None:
    """Write that both proofs were given."""
    moment = now.isoformat()
    session[INSIDE] = asdict(Inside(moment, moment, proof.factor, proof.kind))


def mark_proved(session: SessionBase, proof: Proof, *, now: datetime) -> None:
    """Write that a factor was shown inside: the session is no younger for it.

    It hangs on that factor from now on: the one that opened it may be replaced.
    """
    mark = inside(session)
    if mark is not None:
        moment = now.isoformat()
        note(session, mark, factor=proof.factor, kind=proof.kind, proved=moment)


def inside(session: SessionBase) -> Inside | None:
    """Return what is known of a session that both proofs opened."""
    known: Any = session.get(INSIDE)
    return Inside(**known) if known else None


def note(session: SessionBase, mark: Inside, **changes: Any) -> None:
    """Remember *mark* with *changes*."""
    session[INSIDE] = asdict(replace(mark, **changes))
