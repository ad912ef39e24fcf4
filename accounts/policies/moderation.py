"""Who judges what, who does not, and how often one may ask again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from accounts.models.sanction import ALONE_DAYS


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


AGAIN_DAYS = 90
"""How long after a suspension the next one takes two people."""


def sanction_needs_second_person(
    *, kind: str, days: int | None, queue: str = "", is_again: bool = False
) -> bool:
    """Say whether another member of staff has to approve a sanction.

    *days* None is without an end. *queue* is that of the case it follows from, empty
    for none: one person closes an account over what people reported, for a time, and
    over nothing else. *is_again*: it was closed before within AGAIN_DAYS.
    """
    if kind == "warn":
        return False
    if kind == "ban" or days is None or days > ALONE_DAYS:
        return True
    return kind == "suspend" and (queue != "reports" or is_again)


def may_sanction(
    *,
    is_active: bool,
    is_staff: bool,
    permissions: Collection[str],
    deed: str,
    is_concerned: bool,
) -> bool:
    """Say whether somebody may ``impose``, ``approve`` or ``lift`` a sanction.

    *is_concerned*: it is theirs, or they are a party of the matter behind it.
    """
    permission = f"accounts.{deed}_sanction"
    return is_active and is_staff and permission in permissions and not is_concerned


SEVERITY = ("warn", "restrict", "suspend", "ban")


def is_milder(
    *,
    kind: str,
    ends_at: datetime | None,
    than_kind: str,
    than_ends_at: datetime | None,
) -> bool:
    """Say whether a sanction weighs less than another one, which is in force.

    A lesser kind that lasts no longer, or the same kind for a shorter time: what counts
    is when each would end, None for never; not how long it was to last at first. A
    warning has no time, so any other kind may become one.
    """
    if kind == "warn":
        return than_kind != "warn"
    is_no_longer = than_ends_at is None or (
        ends_at is not None and ends_at <= than_ends_at
    )
    if kind == than_kind:
        return is_no_longer and ends_at != than_ends_at
    return SEVERITY.index(kind) < SEVERITY.index(than_kind) and is_no_longer


APPEAL_DAYS = 180


def can_appeal(*, is_in_force: bool, days_since: int, was_appealed: bool) -> bool:
    """Say whether a decision can still be appealed: once, within half a year.

    *is_in_force*: the sanction still counts, or the case's answer still stands.
    """
    return is_in_force and days_since <= APPEAL_DAYS and not was_appealed


def may_decide_appeal(
    *,
    is_active: bool,
    is_staff: bool,
    permissions: Collection[str],
    decided_first: bool,
    is_concerned: bool,
) -> bool:
    """Say whether somebody may answer an appeal: never who decided, or approved, first."""
    return (
        is_active
        and is_staff
        and case_permission("appeals") in permissions
        and not decided_first
        and not is_concerned
    )
