"""What people may do with their account, and staff with their wish to leave."""

from __future__ import annotations

from collections.abc import Collection

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
