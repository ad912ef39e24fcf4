"""Who may do what with people and cases: pure predicates over plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from accounts.models.document_kinds import KINDS
from accounts.models.ladders import LADDERS, Need
from accounts.models.sanction import ALONE_DAYS

SELF_SERVICE_ROLES = frozenset({"tenant", "landlord", "provider"})
"""Hats that anybody may put on at level 0; ``admin`` is given, never taken."""


def may_take_role(*, role: str, is_active: bool) -> bool:
    """Say whether a person may put on the hat *role* by themselves."""
    return is_active and role in SELF_SERVICE_ROLES


def may_sign_in(*, is_active: bool) -> bool:
    """Say whether a person who proved who they are gets tokens."""
    return is_active


NEW_DEVICE, SILENCE, LOST = "new_device", "silence", "lost"
SILENT_AFTER = timedelta(days=90)
"""Operators give a number away after some months without a call."""


def second_proof_reason(
    *,
    is_lost: bool,
    is_at_stake: bool,
    knows_device: bool,
    silent_for: timedelta | None,
) -> str | None:
    """Return why a right code is not enough to open an account, None when it is.

    A code proves a SIM. *silent_for* is how long nobody used the account, None when no
    session is left to tell.
    """
    if is_lost:
        return LOST
    if not is_at_stake:
        return None
    if not knows_device:
        return NEW_DEVICE
    if silent_for is None or silent_for >= SILENT_AFTER:
        return SILENCE
    return None


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


def sanction_needs_second_person(
    *, kind: str, days: int | None, queue: str = ""
) -> bool:
    """Say whether another member of staff has to approve a sanction.

    *days* None is without an end. *queue* is that of the case it follows from: an
    account is not suspended over a listing by one person, for however short a time.
    """
    if kind == "warn":
        return False
    if kind == "ban" or days is None or days > ALONE_DAYS:
        return True
    return kind == "suspend" and queue == "listings"


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
    *, kind: str, days: int | None, than_kind: str, than_days: int | None
) -> bool:
    """Say whether a sanction weighs less than another: a lesser kind, or a shorter one.

    *days* None is without an end, but for a warning, which has no time.
    """
    if kind != than_kind:
        return SEVERITY.index(kind) < SEVERITY.index(than_kind)
    if kind in ("warn", "ban") or days is None:
        return False
    return than_days is None or days < than_days


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


AGENCY_RANKS = {"owner": 3, "manager": 2, "agent": 1, "accountant": 1, "viewer": 1}
"""Who stands above whom in an agency."""


def may_lead_agency(*, role: str) -> bool:
    """Say whether a member may invite people and see who was invited."""
    return role in {"owner", "manager"}


def may_own_agency(*, role: str) -> bool:
    """Say whether a member may change the agency's file and close it."""
    return role == "owner"


def may_give_agency_role(
    *, actor_role: str, given: str, held: str | None = None
) -> bool:
    """Say whether a member may give the role *given* to who has the role *held*.

    An owner may give any. A manager gives roles below his own to people below him: so
    he raises nobody to his own rank, himself included, and lowers no equal.
    """
    if actor_role == "owner":
        return given in AGENCY_RANKS
    own = AGENCY_RANKS["manager"]
    ranks = [AGENCY_RANKS.get(role, own) for role in (given, held) if role is not None]
    return may_lead_agency(role=actor_role) and all(rank < own for rank in ranks)


def may_remove_member(*, actor_role: str, member_role: str, is_self: bool) -> bool:
    """Say whether a member may end a membership; anybody may end their own."""
    if is_self or actor_role == "owner":
        return True
    return (
        may_lead_agency(role=actor_role)
        and AGENCY_RANKS[member_role] < AGENCY_RANKS[actor_role]
    )


def keeps_an_owner(*, owners: int, loses_one: bool) -> bool:
    """Say whether an agency of *owners* owners has one afterwards."""
    return owners - int(loses_one) >= 1


DECIDE_AGENCIES = "accounts.decide_agency"


def may_decide_agency(
    *,
    is_active: bool,
    is_staff: bool,
    permissions: Collection[str],
    is_member: bool,
) -> bool:
    """Say whether somebody may check an agency's file, suspend or restore it."""
    return is_active and is_staff and DECIDE_AGENCIES in permissions and not is_member


# --- Levels: what was proved, and what it opens ------------------------------------------

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


def may_send_document(
    *, is_waiting: bool, is_held: bool, runs_out_soon: bool, is_ownership: bool
) -> bool:
    """Say whether a document of a kind may be handed in now.

    One of a kind waits at a time. One that holds is sent again when it runs out soon;
    papers of ownership always, for somebody may own several homes.
    """
    return not is_waiting and (not is_held or runs_out_soon or is_ownership)


DECIDE_ERASURES = "accounts.decide_erasurerequest"


def may_decide_erasure(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Say whether somebody may refuse another person's request to be erased."""
    return is_active and is_staff and DECIDE_ERASURES in permissions and not is_own
