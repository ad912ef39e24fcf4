"""Ends of invitations that nobody answered: withdrawn, or past their day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import INVITATION_STATES, AgencyInvitation

BATCH = 500


def withdraw_all(invitations: Iterable[AgencyInvitation], *, now: datetime) -> int:
    """Withdraw open *invitations* for the system; return how many.

    The caller holds the lock of their agency, which whoever answers needs as well.
    """
    count = 0
    for invitation in invitations:
        _end(invitation, "withdraw", now)
        count += 1
    return count


def expire_one(invitation: AgencyInvitation, *, now: datetime) -> None:
    """End *invitation* (locked, or its agency is) past its seven days."""
    _end(invitation, "expire", now)


def expire_invitations(*, now: datetime) -> int:
    """End the invitations whose seven days are over, and forget their numbers.

    Returns how many. Rows that somebody answers right now are left to the next run.
    """
    count = 0
    while True:
        with transaction.atomic():
            due = AgencyInvitation.objects.open().filter(expires_at__lte=now)
            rows = list(due.select_for_update(skip_locked=True, no_key=True)[:BATCH])
            for invitation in rows:
                expire_one(invitation, now=now)
        count += len(rows)
        if len(rows) < BATCH:
            return count


def _end(invitation: AgencyInvitation, action: str, now: datetime) -> None:
    invitation.phone = ""
    INVITATION_STATES.apply(
        invitation,
        action,
        who="system",
        actor_id=None,
        now=now,
        update_fields=("phone",),
    )
