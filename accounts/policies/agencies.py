"""What an agency's ranks may do to each other, and staff to an agency."""

from __future__ import annotations

from collections.abc import Collection

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
