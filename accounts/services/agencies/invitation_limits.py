"""How many invitations leave, and how often they ring at one number.

What is refused depends on whoever invites alone. How often others rang at a number is
nobody's business: beyond that an invitation waits in the app, and its sender is not told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Agency, User
from accounts.services.signing_in.code_costs import spend_code
from lokahome.core import limits
from lokahome.core.errors import RateLimited

DAY = timedelta(days=1)
PER_AGENCY_A_DAY = 30
PER_INVITER_A_DAY = 10
"""Of one person, and from one device, in whatever agencies: closing one frees nothing."""
RINGS_A_DAY = 5
"""At one number, by all agencies together."""
RINGS_OF_AN_AGENCY = 1
"""At one number a day: no agency uses up what the others may ring."""


def count_invitation(
    agency: Agency, inviter: User, *, device_key: UUID | None, now: datetime
) -> None:
    """Count one invitation by person, agency and device; raises RateLimited."""
    counted = [
        ("agency.invitations_by", str(inviter.pk), PER_INVITER_A_DAY),
        ("agency.invitations", str(agency.pk), PER_AGENCY_A_DAY),
    ]
    if device_key is not None:
        counted.append(("agency.invitations_from", str(device_key), PER_INVITER_A_DAY))
    for name, key, limit in counted:
        limits.take(name, key, limit=limit, window=DAY, now=now)


def may_ring(agency: Agency, number: str, *, digest: str, now: datetime) -> bool:
    """Count one ring at *number* (E.164); False when it had enough, or nothing pays it.

    The SMS comes from the day's budget of codes. Call it late in the transaction: the
    budget's rows stay locked until it ends.
    """
    own = f"{agency.pk}:{digest}"
    try:
        limits.take(
            "agency.rings_of", own, limit=RINGS_OF_AN_AGENCY, window=DAY, now=now
        )
        limits.take("agency.rings", digest, limit=RINGS_A_DAY, window=DAY, now=now)
        spend_code(phone=number, now=now)
    except RateLimited:
        return False
    return True
