"""Tokens: short access, long refresh that is used once. Never in a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError

from accounts.api.signing import Access, KeyringBackend, Refresh, signing_key_id
from accounts.models import RefreshToken, Session, User
from accounts.services.signing_in import refreshing
from accounts.services.signing_in.entering import StaffDoor
from accounts.services.signing_in.refreshing import RefreshRefused
from accounts.services.signing_in.sessions import open_session
from lokahome.core import clock
from lokahome.core.db.locks import locked


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What an app keeps: both tokens and when each ends."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime


@transaction.atomic
def issue_tokens(
    user: User,
    *,
    method: str = "code",
    device_key: UUID | None = None,
    device_name: str = "",
    now: datetime | None = None,
) -> TokenPair:
    """Open a session of *user*, who gave all the proof asked, and return its tokens.

    *method* is a `Session.Method`. Raises StaffDoor. Locks the person.
    """
    if user.is_staff:
        raise StaffDoor
    moment = now or clock.now()
    session = open_session(
        user=user,
        method=method,
        device_key=device_key,
        device_name=device_name,
        now=moment,
    )
    return tokens_of(session, now=moment)


@transaction.atomic
def tokens_of(session: Session, *, now: datetime) -> TokenPair:
    """Return the first tokens of *session*, the same ones again. Locks the session.

    Whoever opened it may lose the answer and ask again, before any of them was used.
    """
    row = locked(Session.objects.select_related("user"), session.pk)
    first = RefreshToken.objects.filter(session=row).order_by("id").first()
    if first is None:
        key_id = signing_key_id()
        first = refreshing.first_token(session=row, key_id=key_id, now=now)
    first.session = row
    return pair_of(first)


def rotate_tokens(
    raw_refresh: str, *, device_key: UUID | None = None, now: datetime | None = None
) -> TokenPair:
    """Use *raw_refresh* up and return the next pair; see `refreshing.exchange`.

    Raises RefreshRefused. Must not be called inside a transaction.
    """
    jti, session_id = _read(raw_refresh)
    return pair_of(
        refreshing.exchange(
            jti=jti,
            session_id=session_id,
            device_key=device_key,
            key_id=signing_key_id(),
            now=now or clock.now(),
        )
    )


def revoke_refresh(raw_refresh: str, *, user: User) -> None:
    """End the session of *raw_refresh*; raises RefreshRefused unless it is *user*'s."""
    jti, session_id = _read(raw_refresh)
    refreshing.revoke(jti=jti, session_id=session_id, user_id=user.pk, now=clock.now())


def pair_of(row: RefreshToken) -> TokenPair:
    """Return the pair that *row* stands for, the same text each time.

    Everything in both tokens follows from the row. Raises RefreshRefused when the key
    that signed it was taken out of the ring.
    """
    access_ends = row.issued_at + Access.lifetime
    whose = {"sub": str(row.session.user_id), "sid": str(row.session_id)}
    try:
        return TokenPair(
            access=_text(
                Access, row, jti=uuid5(row.jti, "access"), ends=access_ends, **whose
            ),
            refresh=_text(Refresh, row, jti=row.jti, ends=row.expires_at, **whose),
            access_expires_at=access_ends,
            refresh_expires_at=row.expires_at,
        )
    except KeyError as error:
        raise RefreshRefused from error


def _text(
    kind: type[Any], row: RefreshToken, *, jti: UUID, ends: datetime, **whose: str
) -> str:
    claims = {
        "typ": kind.token_type,
        "iat": int(row.issued_at.timestamp()),
        "exp": int(ends.timestamp()),
        "jti": jti.hex,
        **whose,
    }
    return KeyringBackend().sign(claims, row.key_id)


def _read(raw_refresh: str) -> tuple[UUID, UUID]:
    try:
        token = Refresh(raw_refresh)  # type: ignore[arg-type]  # takes text
        return UUID(token["jti"]), UUID(token["sid"])
    except (TokenError, ValueError, TypeError, AttributeError) as error:
        raise RefreshRefused from error
