"""Who may look at documents, and who may send one."""

from __future__ import annotations

from collections.abc import Collection

from accounts.policies.levels import PAID_FROM_LEVEL

CHECK_IDENTITIES = "accounts.decide_identity_check"


def may_check_identity(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Say whether somebody may look at an identity document and decide about it."""
    return is_active and is_staff and CHECK_IDENTITIES in permissions and not is_own


def may_send_document(
    *, is_waiting: bool, is_held: bool, runs_out_soon: bool, is_ownership: bool
) -> bool:
    """Say whether a document of a kind may be handed in now.

    One of a kind waits at a time. One that holds is sent again when it runs out soon;
    papers of ownership always, for somebody may own several homes.
    """
    return not is_waiting and (not is_held or runs_out_soon or is_ownership)


def revoking_needs_two(levels: Collection[int]) -> bool:
    """Say whether one person alone may not take an acceptance back.

    *levels* are those of the hats that would fall with it: from 2 on, money rests on it.
    """
    return any(level >= PAID_FROM_LEVEL for level in levels)
