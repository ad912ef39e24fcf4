"""The agency of a side: its people, whom it invites, and what it does under a mandate."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Agency, Membership, User
from accounts.models.agency import AgencyContext, AgencyRole
from accounts.services.agencies.agencies import open_agency
from accounts.services.agencies.invitations import invite_member, withdraw_invitation
from accounts.services.agencies.memberships import remove_member
from lokahome.core import clock
from lokahome.tests.security.world import Side, World
from lokahome.tests.security.world_people import whole_file
from properties.models import Mandate
from properties.services.handling import take_handling
from properties.services.mandates import accept_mandate, propose_mandate
from properties.tests import factories as homes

REGISTERED = {"here": "3202300000011", "there": "3202300000022"}


def add_agency(side: Side) -> None:
    """Add an agency that a founder owns and a manager works for, and its mandates."""
    founder, manager = side.founder, side.manager
    agency = open_agency(
        founder=founder,
        name="Agence du Golfe",
        ifu=REGISTERED[side.name],
        rccm=f"RB/COT/24 B {REGISTERED[side.name][-5:]}",
        now=clock.now(),
    )
    Agency.objects.filter(pk=agency.pk).update(status=Agency.Status.ACTIVE)
    side.things["agency"] = agency
    member = Membership(agency=agency, user=manager, role=AgencyRole.MANAGER)
    member.save()
    side.things["membership"] = member
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


def _add_mandates(side: Side, agency: Agency) -> None:
    landlord, things = side.landlord, side.things
    place = things["property"]
    row = homes.published(landlord, place=place)
    things["mandate"] = _entrusted(side, agency, row.unit_id)
    manager = in_context(side.manager, agency)
    accept_mandate(mandate_id=things["mandate"].pk, actor=manager, now=clock.now())
    take_handling(listing_id=row.pk, actor=manager, now=clock.now())
    things["unit_entrusted"] = row.unit
    things["listing_handled"] = row
    things["application_handled"] = homes.application(side.tenant, row)
    # A second one, whose listing nobody took yet, and a third that waits for an answer.
    other = homes.published(landlord, place=place)
    things["mandate_idle"] = _entrusted(side, agency, other.unit_id)
    accept_mandate(mandate_id=things["mandate_idle"].pk, actor=manager, now=clock.now())
    things["listing_to_handle"] = other
    waiting = homes.unit(landlord, place=place)
    things["mandate_proposed"] = _entrusted(side, agency, waiting.pk)
    side.manager.context = None


def in_context(user: User, agency: Agency, role: str = "manager") -> User:
    """Return *user* as the door makes them when the header names *agency*."""
    user.context = AgencyContext(agency_id=agency.pk, role=role)
    return user


def _entrusted(side: Side, agency: Agency, unit_id: object) -> Mandate:
    today = clock.today()
    return propose_mandate(
        landlord=side.landlord,
        unit_id=unit_id,
        agency_id=agency.pk,
        fee_bps=800,
        upload_id=whole_file(side.landlord, "mandate").pk,
        starts_on=today,
        expires_on=today + timedelta(days=300),
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
