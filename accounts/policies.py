"""Who may do what with people and cases: pure predicates over plain values."""

from __future__ import annotations

from collections.abc import Collection

SELF_SERVICE_ROLES = frozenset({"tenant", "landlord", "provider"})
"""Hats that anybody may put on at level 0; ``admin`` is given, never taken."""


def may_take_role(*, role: str, is_active: bool) -> bool:
    """Say whether a person may put on the hat *role* by themselves."""
    return is_active and role in SELF_SERVICE_ROLES


def may_sign_in(*, is_active: bool) -> bool:
    """Say whether a person who proved who they are gets tokens."""
    return is_active


def case_permission(queue: str) -> str:
    """Return the permission that lets a member of staff decide cases of *queue*."""
    return f"accounts.decide_{queue}_case"


def may_decide_case(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], queue: str
) -> bool:
    """Say whether somebody may decide a case of *queue*.

    *permissions* are full names, as `User.get_all_permissions` returns them.
    """
    return is_active and is_staff and case_permission(queue) in permissions


CHECK_IDENTITIES = "accounts.decide_identity_check"


def may_check_identity(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Say whether somebody may look at an identity document and decide about it."""
    return is_active and is_staff and CHECK_IDENTITIES in permissions and not is_own


def decidable_queues(
    *, is_active: bool, is_staff: bool, permissions: Collection[str]
) -> frozenset[str]:
    """Return the queues whose cases somebody may decide."""
    if not (is_active and is_staff):
        return frozenset()
    prefix, suffix = "accounts.decide_", "_case"
    return frozenset(
        name.removeprefix(prefix).removesuffix(suffix)
        for name in permissions
        if name.startswith(prefix) and name.endswith(suffix)
    )
