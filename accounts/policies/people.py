"""What people may do with their account, and staff with their wish to leave."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

SELF_SERVICE_ROLES = frozenset({"tenant", "landlord", "provider"})
"""Hats that anybody may put on at level 0; ``admin`` is given, never taken."""


def may_take_role(*, role: str, is_active: bool) -> bool:
    """Say whether a person may put on the hat *role* by themselves."""
    return is_active and role in SELF_SERVICE_ROLES


DECIDE_ERASURES = "accounts.decide_erasurerequest"


def may_decide_erasure(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Say whether somebody may refuse another person's request to be erased."""
    return is_active and is_staff and DECIDE_ERASURES in permissions and not is_own


ALONE_AFTER = timedelta(hours=72)


def may_add_number_alone(
    *,
    has_number: bool,
    methods: Collection[str],
    session_age: timedelta,
    trusted_for: timedelta | None,
) -> bool:
    """Say whether a session adds a number without a proof that its person cannot give.

    Their only number went to somebody else, and nothing else of theirs proves anything:
    what the account knew for 72 hours before is all that is left to speak for them.
    """
    knew = trusted_for is not None and trusted_for >= ALONE_AFTER
    return not has_number and not methods and knew and session_age >= ALONE_AFTER


def may_lift_loss(*, is_own: bool) -> bool:
    """Say whether staff may take back that a number was lost: never of their own."""
    return not is_own


def may_take_loss_back(*, is_unproved: bool, knew_device: bool) -> bool:
    """Say whether a code from the number alone takes back that its SIM is lost.

    Not one that was reported with a proof, and never on a device that came after it.
    """
    return is_unproved and knew_device


def may_give_number_up(
    *,
    is_active: bool,
    is_staff: bool,
    is_sanctioned: bool,
    is_lost: bool,
    is_empty: bool,
) -> bool:
    """Say whether an account lets go of its number to whoever proves to hold the SIM.

    Nothing is in it. But a closed or sanctioned one keeps what it is known by, or else
    its person would go on under another account; a colleague's is not anybody's to take.
    """
    is_open = is_active and not is_staff and not is_sanctioned
    return is_open and is_empty and not is_lost
