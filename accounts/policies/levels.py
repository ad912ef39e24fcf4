"""What was proved, and what it opens."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from accounts.models.document_kinds import KINDS
from accounts.models.ladders import LADDERS, Need

LIVE_LISTINGS = {0: 1, 1: 3}
"""How many listings may be live at once, by the landlord's level; above: no limit."""

PAID_FROM_LEVEL = 2

PAID_ROLES = frozenset({"landlord", "provider"})


def is_proven(need: Need, proofs: Collection[str]) -> bool:
    """Say whether documents of the kinds *proofs*, all accepted, prove *need*.

    One that stands alone does, or two different ones that do not.
    """
    held = need.kinds.intersection(proofs)
    return len(held) >= 2 or any(KINDS[kind].is_enough_alone for kind in held)


def level_for(*, role: str, proofs: Collection[str]) -> int:
    """Return the level that documents of the kinds *proofs* give to the hat *role*.

    No rung is skipped: a title without an identity document proves nothing.
    """
    level = 0
    for needs in LADDERS[role]:
        if not all(is_proven(need, proofs) for need in needs):
            break
        level += 1
    return level


def missing_for(*, role: str, proofs: Collection[str]) -> list[Need]:
    """Return what is still to be proved for the next level; empty at the highest."""
    ladder = LADDERS[role]
    level = level_for(role=role, proofs=proofs)
    if level == len(ladder):
        return []
    return [need for need in ladder[level] if not is_proven(need, proofs)]


def live_listings_allowed(level: int) -> int | None:
    """Return how many listings a landlord of *level* may have live; None: no limit."""
    return LIVE_LISTINGS.get(level)


def may_publish(
    *, level: int | None, live: int, is_owner: bool, has_mandate: bool = False
) -> bool:
    """Say whether one more listing may go live.

    *level* and *live* are the landlord's: an agency publishes on the owner's account,
    with an active mandate. None is somebody who is no landlord.
    """
    if level is None or not (is_owner or has_mandate):
        return False
    allowed = live_listings_allowed(level)
    return allowed is None or live < allowed


def may_be_paid(levels: Mapping[str, int]) -> bool:
    """Say whether money may be paid out to somebody with these hats and levels."""
    return any(levels.get(role, -1) >= PAID_FROM_LEVEL for role in PAID_ROLES)


def may_ask_to_rent(levels: Mapping[str, int]) -> bool:
    """Say whether somebody may apply for a home: a proved phone is enough."""
    return bool(levels)


def may_send_quotes(levels: Mapping[str, int]) -> bool:
    """Say whether somebody may quote: a provider at whatever level."""
    return "provider" in levels


def actions_opened(*, role: str, level: int) -> list[str]:
    """Return what the hat *role* at *level* lets its person do, for an app to show."""
    levels = {role: level}
    opened = {
        "apply": role == "tenant" and may_ask_to_rent(levels),
        "publish": role == "landlord",
        "quote": may_send_quotes(levels),
        "be_paid": may_be_paid(levels),
    }
    return [action for action, is_open in opened.items() if is_open]
