"""Celery's doors to accounts."""

from __future__ import annotations

from celery import shared_task

from accounts.api.tokens import forget_expired_tokens
from lokahome.core import clock


@shared_task(name="accounts.flush_expired_tokens")
def flush_expired_tokens() -> None:
    """Delete refresh tokens that have had their time."""
    forget_expired_tokens(now=clock.now())
