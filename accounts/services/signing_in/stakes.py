"""What makes an account worth stealing: each app says whether it holds something of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from accounts.models import RoleGrant

HasStake = Callable[[UUID], bool]
"""Given a person's id: whether this app holds money, a lease or the like of theirs."""

STAKES: dict[str, HasStake] = {}


def register_stake(name: str, has: HasStake) -> None:
    """Let *has* say whether somebody has a stake called *name*; once, in ``apps.ready``.

    Raises TypeError for a name that another function answers already.
    """
    if STAKES.setdefault(name, has) is not has:
        raise TypeError(f"two apps say whether somebody has {name}")


def is_at_stake(user_id: UUID) -> bool:
    """Say whether a stranger in this account could take more than its history.

    True for anybody whose papers were checked, and for whoever has a registered stake.
    """
    checked = RoleGrant.objects.filter(user_id=user_id, level__gte=1)
    return checked.exists() or any(has(user_id) for has in STAKES.values())
