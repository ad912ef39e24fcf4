"""Celery's doors to accounts."""

from __future__ import annotations

from celery import shared_task

from accounts.services.agencies.invitation_ends import expire_invitations
from accounts.services.identity.expiry import expire_identity_checks, warn_of_ends
from accounts.services.moderation.sanctions import expire_sanctions
from accounts.services.privacy.erasure import carry_out_due, look_again
from accounts.services.signing_in.external_identities import forget_nonces
from accounts.services.signing_in.lapsing import lapse_sign_ins
from accounts.services.signing_in.refreshing import forget_expired_tokens
from accounts.services.signing_in.sessions import forget_past_sessions
from lokahome.core import clock


@shared_task(name="accounts.flush_expired_tokens")
def flush_expired_tokens() -> None:
    """Delete refresh tokens that have had their time, and sessions long past."""
    now = clock.now()
    forget_expired_tokens(now=now)
    forget_past_sessions(now=now)


@shared_task(name="accounts.expire_sanctions")
def expire_due_sanctions() -> None:
    """End the sanctions whose time is over: accounts open again within the minute."""
    expire_sanctions(now=clock.now())


@shared_task(name="accounts.expire_invitations")
def expire_due_invitations() -> None:
    """End the invitations whose seven days are over, and forget their numbers."""
    expire_invitations(now=clock.now())


@shared_task(name="accounts.carry_out_erasures")
def carry_out_erasures() -> None:
    """Look at what stood in the way of erasures, and erase whose day has come."""
    now = clock.now()
    look_again(now=now)
    carry_out_due(now=now)


@shared_task(name="accounts.lapse_sign_ins")
def lapse_past_sign_ins() -> None:
    """Close the challenges and notices whose time is over, and forget used-up nonces."""
    now = clock.now()
    lapse_sign_ins(now=now)
    forget_nonces(now=now)


@shared_task(name="accounts.expire_identity_checks")
def expire_due_identity_checks() -> None:
    """End documents that ran out or whose owner is silent; announce the next ends."""
    now = clock.now()
    expire_identity_checks(now=now)
    warn_of_ends(now=now)
