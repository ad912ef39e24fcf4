"""The agency of a side: its people, whom it invites, and what it does under a mandate."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from accounts.models import Agency, Membership, User
from accounts.models.agency import AgencyContext, AgencyRole
from accounts.services.agencies.agencies import open_agency
from accounts.services.agencies.invitations import invite_member, withdraw_invitation
from accounts.services.agencies.memberships import remove_member
from lokahome.core import clock
from lokahome.tests.security.world import Side, World
from lokahome.tests.security.world_people import whole_file
from properties.models import Mandate, Unit
from properties.services.handling import take_handling
from properties.services.mandate_ends import end_mandate
from properties.services.mandates import accept_mandate, propose_mandate
from properties.tests import factories as homes

REGISTERED = {
    "here": "3202300000011",
    "there": "3202300000022",
    "beside": "3202300000033",
}
CALLED = {
    "here": "Agence du Golfe-Canari",
    "there": "Agence du Borgou-Canari",
    "beside": "Agence de la Lagune-Canari",
}
FEES = {"here": 437, "there": 523, "beside": 391}
"""Hundredths of a per cent: two agencies on one unit stay below the cap together."""


def add_agency(side: Side) -> None:
    """Add an agency that a founder owns and a manager works for, and its mandates."""
    founder = side.founder
    agency = active_agency(side)
    side.things["invitation"] = {
        role: invite_member(
            agency_id=agency.pk,
            actor=founder,
            phone=side.people[role].user.phone or "",
            role="agent",
            now=clock.now(),
        )
        for role in ("tenant", "landlord", "provider")
    }
    _add_mandates(side, agency)


def active_agency(side: Side) -> Agency:
    """Add the checked agency of *side*, its manager, and what nobody else may read."""
    number = REGISTERED[side.name]
    agency = open_agency(
        founder=side.founder,
        name=CALLED[side.name],
        ifu=number,
        rccm=f"RB/COT/24 B {number[-5:]}",
        now=clock.now(),
    )
    Agency.objects.filter(pk=agency.pk).update(status=Agency.Status.ACTIVE)
    side.things["agency"] = agency
    member = Membership(agency=agency, user=side.manager, role=AgencyRole.MANAGER)
    member.save()
    side.things["membership"] = member
    side.firm.update(
        {
            "called": agency.name,
            "ifu": agency.ifu,
            "rccm": agency.rccm,
            "fee": f":{FEES[side.name]},",  # a number in JSON, whatever it is called
            "ending": f"Fin-canari-{side.name}",
        }
    )
    return agency


def _add_mandates(side: Side, agency: Agency) -> None:
    landlord, things = side.landlord, side.things
    place = things["property"]
    row = homes.published(landlord, place=place)
    things["mandate"] = entrusted(side, row.unit_id)
    manager = in_context(side.manager, agency)
    accept_mandate(mandate_id=things["mandate"].pk, actor=manager, now=clock.now())
    take_handling(listing_id=row.pk, actor=manager, now=clock.now())
    things["unit_entrusted"] = row.unit
    things["listing_handled"] = row
    things["application_handled"] = homes.application(side.tenant, row)
    # A second one, whose listing nobody took yet, and a third that waits for an answer.
    other = homes.published(landlord, place=place)
    things["mandate_idle"] = entrusted(side, other.unit_id)
    accept_mandate(mandate_id=things["mandate_idle"].pk, actor=manager, now=clock.now())
    things["listing_to_handle"] = other
    waiting = homes.unit(landlord, place=place)
    things["mandate_proposed"] = entrusted(side, waiting.pk)
    things["unit_offered"] = waiting
    things["mandate_ended"] = ended(side, waiting.pk)
    side.manager.context = None


def in_context(user: User, agency: Agency, role: str = "manager") -> User:
    """Return *user* as the door makes them when the header names *agency*."""
    user.context = AgencyContext(agency_id=agency.pk, role=role)
    return user


def entrusted(side: Side, unit_id: UUID, *, includes_listing: bool = True) -> Mandate:
    """Return the proposal of a unit to *side*'s agency, by whose unit it is."""
    today = clock.today()
    landlord = (side.neighbour or side).landlord
    proof = whole_file(landlord, "mandate")
    side.things.setdefault("mandate_proof", proof)
    return propose_mandate(
        landlord=landlord,
        unit_id=unit_id,
        agency_id=side.things["agency"].pk,
        fee_bps=FEES[side.name],
        upload_id=proof.pk,
        starts_on=today,
        expires_on=today + timedelta(days=300),
        now=clock.now(),
        includes_listing=includes_listing,
    )


def ended(side: Side, unit_id: UUID) -> Mandate:
    """Return a proposal of the unit to *side*'s agency that was taken back."""
    landlord = (side.neighbour or side).landlord
    home = homes.unit(landlord, place=Unit.objects.get(pk=unit_id).property)
    proposal = entrusted(side, home.pk)
    return end_mandate(
        mandate_id=proposal.pk,
        actor=landlord,
        reason=side.firm["ending"],
        now=clock.now(),
    )


def remove_some_members(world: World) -> None:
    """Let one member go and take one invitation back, and remember their ids.

    Who left may hear again that they left: it is somebody who asks for nothing here.
    """
    here, there = world.sides["here"], world.sides["there"]
    agency = here.things["agency"]
    member = Membership(agency=agency, user=there.founder, role=AgencyRole.AGENT)
    member.save()
    remove_member(
        agency_id=agency.pk,
        membership_id=member.pk,
        actor=here.founder,
        now=clock.now(),
    )
    world.gone["membership"] = member.pk
    invited = invite_member(
        agency_id=agency.pk,
        actor=here.founder,
        phone="+2290197999999",
        role="viewer",
        now=clock.now(),
    )
    withdraw_invitation(
        agency_id=agency.pk,
        invitation_id=invited.pk,
        actor=here.founder,
        now=clock.now(),
    )
    world.gone["invitation"] = invited.pk
