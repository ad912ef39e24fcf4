"""Celery's doors to accounts."""

from __future__ import annotations

from celery import shared_task

from accounts.services.refreshing import forget_expired_tokens
from accounts.services.sessions import forget_past_sessions
from lokahome.core import clock


@shared_task(name="accounts.flush_expired_tokens")
def flush_expired_tokens() -> None:
    """Delete refresh tokens that have had their time, and sessions long past."""
    now = clock.now()
    forget_expired_tokens(now=now)
    forget_past_sessions(now=now)
