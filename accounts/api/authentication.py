"""Who asks: a token that is ours, a session that goes on, a person who may sign in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from accounts.api.contexts import context_named_by
from accounts.api.signing import Access
from accounts.models import Session
from accounts.services.signing_in.sessions import note_use
from lokahome.core import clock


class SessionAuthentication(JWTAuthentication):
    """A bearer token of ours, checked against its session's row in one query.

    The row, not the token, says whether a session goes on: signing out, a new password
    or a suspension count from the next request on.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return (person, session); None without a token. Raises AuthenticationFailed,
        AgencyNotYours.
        """
        header = self.get_header(request)
        raw = self.get_raw_token(header) if header else None
        if raw is None:
            return None
        session = _session_of_token(raw)
        user: Any = session.user
        user.context = context_named_by(request, user.pk)
        note_use(session, now=clock.now())
        return user, session


class SessionScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # registers itself
    """How the schema names it: a bearer token."""

    target_class = "accounts.api.authentication.SessionAuthentication"


def session_of(request: Request) -> Session:
    """Return the session of a signed-in *request*; TypeError on a door without one."""
    if not isinstance(request.auth, Session):
        raise TypeError("this request came without a session")
    return request.auth


def _session_of_token(raw: bytes) -> Session:
    try:
        token = Access(raw.decode("ascii"))  # type: ignore[arg-type]  # takes text
        session_id, user_id = UUID(token["sid"]), UUID(token["sub"])
    except (TokenError, ValueError, TypeError, AttributeError) as error:
        raise AuthenticationFailed from error
    alive = Session.objects.select_related("user").filter(
        pk=session_id,
        user_id=user_id,
        ended_at=None,
        user__is_active=True,
        user__is_staff=False,
    )
    session = alive.first()
    if session is None:
        raise AuthenticationFailed
    return session
