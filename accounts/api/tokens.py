"""Tokens: short access, long refresh that is used once. Never in a cookie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import (
    BlacklistedToken,
    OutstandingToken,
)
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from accounts.policies import may_sign_in
from lokahome.core.errors import NotAuthenticated


class RefreshRefused(NotAuthenticated):
    """The refresh token is forged, expired, used, or its person may not sign in."""

    code = "auth.refresh_refused"
    title = gettext_lazy("Reconnectez-vous")

    def default_detail(self) -> str:
        return _("Votre session est terminée. Reconnectez-vous.")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What an app keeps: both tokens and when each ends."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime


def issue_tokens(user: User) -> TokenPair:
    """Return a new pair for *user*, and remember the refresh token by its digest.

    SimpleJWT's own `for_user` would keep the token itself: a stolen copy of the
    database would then open every session.
    """
    refresh = RefreshToken()
    refresh[api_settings.USER_ID_CLAIM] = str(user.pk)
    access = refresh.access_token
    expires_at = datetime.fromtimestamp(refresh["exp"], UTC)
    OutstandingToken.objects.create(
        user=user,
        jti=refresh[api_settings.JTI_CLAIM],
        token=hashlib.sha256(str(refresh).encode()).hexdigest(),
        created_at=refresh.current_time,
        expires_at=expires_at,
    )
    return TokenPair(
        access=str(access),
        refresh=str(refresh),
        access_expires_at=datetime.fromtimestamp(access["exp"], UTC),
        refresh_expires_at=expires_at,
    )


@transaction.atomic
def rotate_tokens(raw_refresh: str) -> tuple[TokenPair, User]:
    """Use up *raw_refresh* and return a new pair and its person.

    Raises RefreshRefused. Locks the token's row: SimpleJWT's own check and mark are two
    steps, so two requests at once would both pass them.
    """
    user = _use_up(raw_refresh)
    if not may_sign_in(is_active=user.is_active):
        raise RefreshRefused
    return issue_tokens(user), user


@transaction.atomic
def revoke_refresh(raw_refresh: str, *, user: User) -> None:
    """End the session of *raw_refresh*; raises RefreshRefused unless it is *user*'s."""
    if _use_up(raw_refresh).pk != user.pk:
        raise RefreshRefused


def forget_expired_tokens(*, now: datetime) -> int:
    """Delete the rows of refresh tokens that expired by *now*; return how many.

    An expired token is refused by its own date, so its row proves nothing any more.
    """
    return OutstandingToken.objects.filter(expires_at__lt=now).delete()[0]


def _use_up(raw_refresh: str) -> User:
    try:
        token = RefreshToken(raw_refresh)  # type: ignore[arg-type]  # takes text
    except TokenError as error:
        raise RefreshRefused from error
    row = (
        OutstandingToken.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(jti=token[api_settings.JTI_CLAIM])
        .first()
    )
    if row is None or row.user is None:
        raise RefreshRefused
    _mark, is_new = BlacklistedToken.objects.get_or_create(token=row)
    if not is_new:
        raise RefreshRefused
    return row.user
