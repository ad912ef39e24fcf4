"""Agencies for tests, made by the services, as people would."""

from __future__ import annotations

import itertools

from rest_framework.test import APIClient

from accounts.models import Agency, AgencyInvitation, Membership, User
from accounts.services.agencies.agencies import activate_agency, open_agency
from accounts.services.agencies.invitations import accept_invitation, invite_member
from lokahome.core import clock
from lokahome.tests.people import PersonClient, make_person, make_staff, sign_in

_numbers = itertools.count(1)


def someone(name: str = "Sèna Houngbo") -> User:
    """Return a person whom nobody else in the tests knows."""
    return make_person(
        name=name, phone=f"+229019755{next(_numbers):04d}", roles=("tenant",)
    )


def agency_of(founder: User, name: str = "Immo Cadjèhoun") -> Agency:
    """Return a draft whose owner is *founder*, with all its numbers."""
    number = next(_numbers)
    return open_agency(
        founder=founder,
        name=name,
        ifu=f"32024{number:08d}",
        rccm=f"RB/COT/24 B {number:05d}",
        now=clock.now(),
    )


def active_agency_of(founder: User, name: str = "Immo Cadjèhoun") -> Agency:
    """Return an agency that staff checked."""
    agency = agency_of(founder, name)
    staff = User.objects.filter(username="filechecker").first()
    staff = staff or make_staff("filechecker", "identity_checker").user
    return activate_agency(agency_id=agency.pk, actor=staff, now=clock.now())


def invited(agency: Agency, by: User, phone: str, role: str = "agent"):
    """Return an invitation of *phone* sent by the member *by*."""
    return invite_member(
        agency_id=agency.pk, actor=by, phone=phone, role=role, now=clock.now()
    )


def joined(agency: Agency, by: User, person: User, role: str = "agent") -> Membership:
    """Return the membership of *person*, invited by the member *by*."""
    invitation: AgencyInvitation = invited(agency, by, str(person.phone), role)
    return accept_invitation(
        invitation_id=invitation.pk, person=person, now=clock.now()
    )


def acting(user: User, agency: Agency) -> PersonClient:
    """Return a client signed in as *user*, who asks in the agency's name."""
    client = sign_in(user)
    in_name_of(client, agency.pk)
    return client


def in_name_of(client: APIClient, agency_id: object) -> None:
    """Let *client* name the agency in each request."""
    known = dict(client._credentials)
    client.credentials(**{**known, "HTTP_LOKAHOME_AGENCY": str(agency_id)})


def roles(agency: Agency) -> dict[object, str]:
    """Return who belongs to the agency now, and as what."""
    members = Membership.objects.active().filter(agency=agency)
    return dict(members.values_list("user_id", "role"))
