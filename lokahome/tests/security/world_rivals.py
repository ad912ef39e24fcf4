"""The agency beside another's, on the same unit; and who else is of the first one's."""

from __future__ import annotations

from accounts.models import Membership
from accounts.services.agencies.invitations import invite_member
from accounts.services.agencies.memberships import remove_member
from lokahome.core import clock
from lokahome.tests.security.world import MEMBERS, Side
from lokahome.tests.security.world_agencies import (
    active_agency,
    ended,
    entrusted,
    in_context,
)
from properties.services.mandates import accept_mandate

INVITED = "+2290197888888"
LEFT_AS = "agent"
"""What somebody was who was removed."""


def add_rival(side: Side) -> None:
    """Add the agency of *side*, with mandates on units that its neighbour holds too.

    The neighbour answers for the listing; this one may see the unit.
    """
    agency = active_agency(side)
    landlords = side.neighbour or side
    things = side.things
    things["mandate"] = entrusted(
        side, landlords.things["unit_entrusted"].pk, includes_listing=False
    )
    manager = in_context(side.manager, agency)
    accept_mandate(mandate_id=things["mandate"].pk, actor=manager, now=clock.now())
    # An offer names its unit; who offered it knows both agencies by their ids.
    things["unit_offered"] = landlords.things["unit_offered"]
    landlords.dealings["landlord"] = {str(agency.pk)}
    offered = things["unit_offered"].pk
    things["mandate_proposed"] = entrusted(side, offered, includes_listing=False)
    things["mandate_ended"] = ended(side, offered)
    things["invitation"] = invite_member(
        agency_id=agency.pk,
        actor=side.founder,
        phone=INVITED,
        role="viewer",
        now=clock.now(),
    )
    side.firm["invited"] = INVITED[-8:]
    side.manager.context = None


def add_members(side: Side) -> None:
    """Let further people join the agency of *side*, and one of them leave it again."""
    agency = side.things["agency"]
    for role in MEMBERS:
        given = LEFT_AS if role == "leaver" else role
        member = Membership(agency=agency, user=side.people[role].user, role=given)
        member.save()
        side.things[f"membership_{role}"] = member
    remove_member(
        agency_id=agency.pk,
        membership_id=side.things["membership_leaver"].pk,
        actor=side.founder,
        now=clock.now(),
    )
