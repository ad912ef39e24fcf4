"""Refresh tokens: each is used once, a lost answer is given again, a theft ends it all.

A phone on a bad network asks, loses the answer and asks again: within a minute the same
token from the same device gets the same successor. Whatever comes later, or from another
device, is a copy: nobody can tell whose, so the whole session ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import RefreshReused
from accounts.models import RefreshToken, Session, User
from accounts.models.session import device_digest
from accounts.policies.signing_in import may_sign_in
from accounts.services.signing_in.sessions import LIFETIME, adopt_device, end_session
from lokahome.core import limits
from lokahome.core.errors import NotAuthenticated
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7

GRACE = timedelta(seconds=60)
PAIRS_AN_HOUR = 200
"""An app needs four; each is a row for thirty days."""


class RefreshRefused(NotAuthenticated):
    """The refresh token is forged, expired, used, or its person may not sign in."""

    code = "auth.refresh_refused"
    title = gettext_lazy("Reconnectez-vous")

    def default_detail(self) -> str:
        return _("Votre session est terminée. Reconnectez-vous.")


def first_token(*, session: Session, key_id: str, now: datetime) -> RefreshToken:
    """Return the first token of a *session* that was just opened, signed by *key_id*."""
    token = _new(session, key_id, now)
    token.save(force_insert=True)
    return token


def exchange(
    *, jti: UUID, session_id: UUID, device_key: UUID | None, key_id: str, now: datetime
) -> RefreshToken:
    """Use the token *jti* up and return its successor, with its session and person.

    Within a minute the same token and device return the same successor. Later, or from
    another device than the session's, the session ends (RefreshReused, SessionsEnded).
    A session that was opened without a device takes the first one that a refresh names,
    as one that is not known yet. Raises RefreshRefused. Locks the person, then the
    session, then its device: of requests at once, one makes the successor; beyond
    PAIRS_AN_HOUR of a session, RateLimited. Must not be called inside a transaction: a
    refusal has to leave the end behind.
    """
    with transaction.atomic(durable=True):
        _lock_person_of(session_id)
        session = _locked_session(session_id)
        token = RefreshToken.objects.select_related("successor").filter(
            jti=jti, session_id=session_id
        )
        found = token.first()
        if session is None or found is None or not _goes_on(session, found, now):
            raise RefreshRefused
        if _is_copy(session, found, device_key, now):
            _end_family(session, now)
        else:
            if session.device is None and device_key is not None:
                adopt_device(session, device_key, now)
            successor = found.successor or _succeed(session, found, key_id, now)
            successor.session = session
            return successor
    raise RefreshRefused


def revoke(*, jti: UUID, session_id: UUID, user_id: UUID, now: datetime) -> None:
    """End the session of the token *jti*; raises RefreshRefused unless it is theirs."""
    known = RefreshToken.objects.filter(
        jti=jti, session_id=session_id, session__user_id=user_id
    )
    if not known.exists():
        raise RefreshRefused
    reason = Session.EndReason.SIGNED_OUT
    end_session(session_id=session_id, user_id=user_id, reason=reason, now=now)


def forget_expired_tokens(*, now: datetime) -> int:
    """Delete refresh tokens that expired by *now*; return how many.

    An expired token is refused by its own date, so its row proves nothing any more.
    """
    return RefreshToken.objects.filter(expires_at__lt=now).delete()[0]


def _lock_person_of(session_id: UUID) -> None:
    people = User.objects.filter(sessions__pk=session_id)
    people.select_for_update(no_key=True, of=("self",)).first()


def _locked_session(session_id: UUID) -> Session | None:
    rows = Session.objects.select_related("user", "device")
    return (
        rows.select_for_update(no_key=True, of=("self",)).filter(pk=session_id).first()
    )


def _goes_on(session: Session, token: RefreshToken, now: datetime) -> bool:
    return (
        session.ended_at is None
        and now < token.expires_at
        and may_sign_in(is_active=session.user.is_active)
        and not session.user.is_staff
    )


def _is_copy(
    session: Session, token: RefreshToken, device_key: UUID | None, now: datetime
) -> bool:
    is_late = token.used_at is not None and now - token.used_at > GRACE
    if session.device is None:
        # An app that names its device since its last upgrade only: `adopt_device`.
        return is_late or (device_key is not None and token.used_at is not None)
    given = device_digest(device_key) if device_key else None
    return given != session.device.key_digest or is_late


def _succeed(
    session: Session, token: RefreshToken, key_id: str, now: datetime
) -> RefreshToken:
    hour = timedelta(hours=1)
    limits.take("refresh", str(session.pk), limit=PAIRS_AN_HOUR, window=hour, now=now)
    successor = _new(session, key_id, now)
    token.used_at = now
    token.successor = successor
    # First this row, whose reference is checked at the end: two unused may not stand.
    token.save(update_fields={"used_at", "successor"})
    successor.save(force_insert=True)
    session.expires_at = successor.expires_at
    session.last_used_at = max(now, session.last_used_at)
    session.save(update_fields={"expires_at", "last_used_at"})
    if session.device is not None and now > session.device.last_seen_at:
        session.device.last_seen_at = now
        session.device.save(update_fields={"last_seen_at"})
    return successor


def _new(session: Session, key_id: str, now: datetime) -> RefreshToken:
    moment = now.replace(microsecond=0)  # tokens count whole seconds
    return RefreshToken(
        id=uuid7(),
        session=session,
        jti=uuid4(),
        key_id=key_id,
        issued_at=moment,
        expires_at=moment + LIFETIME,
    )


def _end_family(session: Session, now: datetime) -> None:
    end_session(
        session_id=session.pk,
        user_id=session.user_id,
        reason=Session.EndReason.REUSED,
        now=now,
    )
    append(RefreshReused(session_id=session.pk, user_id=session.user_id))
