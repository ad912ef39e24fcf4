"""What invitations cost, and what whoever invites may learn by them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from accounts.models import AgencyInvitation, CodeSpending
from accounts.services.agencies import invitation_limits
from accounts.services.agencies.agencies import close_agency
from accounts.services.agencies.invitations import (
    AgencyNotChecked,
    accept_invitation,
    invite_member,
    withdraw_invitation,
)
from accounts.services.signing_in import code_costs
from accounts.tests.agencies import active_agency_of, agency_of, invited, someone
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from messaging.models import CaughtMessage

UNKNOWN = "+2290197550000"
LURE = "Gain 500000F: 0197000000"


def number(index):
    return f"+22901975500{index:02d}"


def withdrawn(invitation, actor):
    return withdraw_invitation(
        agency_id=invitation.agency_id,
        invitation_id=invitation.pk,
        actor=actor,
        now=clock.now(),
    )


def rung_at(phone=UNKNOWN):
    drain()
    return CaughtMessage.objects.filter(to=phone).count()


def test_a_name_that_nobody_checked_is_sent_to_nobody(ama):
    agency = agency_of(ama.user, LURE)
    with pytest.raises(AgencyNotChecked):
        invited(agency, ama.user, UNKNOWN)
    drain()
    assert not AgencyInvitation.objects.exists()
    assert not OutboxEvent.objects.filter(name="accounts.member_invited").exists()
    assert not CaughtMessage.objects.exists()


def test_ten_a_day_of_one_person_whatever_they_close_and_open(ama):
    agency = active_agency_of(ama.user)
    for index in range(10):
        invited(agency, ama.user, number(index))
    close_agency(agency_id=agency.pk, actor=ama.user, now=clock.now())
    again = active_agency_of(ama.user)
    with pytest.raises(RateLimited):
        invited(again, ama.user, number(10))
    assert AgencyInvitation.objects.count() == 10
    tomorrow = clock.now() + timedelta(days=1, seconds=1)
    with time_machine.travel(tomorrow, tick=False):
        invited(again, ama.user, number(10))


@pytest.mark.django_db
def test_ten_a_day_from_one_device_whoever_holds_it():
    device = UUID("0190f5d2-0000-7000-8000-000000000001")
    founders = [someone(f"F{index}") for index in range(11)]
    for index, founder in enumerate(founders):
        invite = {
            "agency_id": active_agency_of(founder).pk,
            "actor": founder,
            "phone": number(index),
            "role": "agent",
            "now": clock.now(),
        }
        if index < 10:
            invite_member(device_key=device, **invite)
        else:
            with pytest.raises(RateLimited):
                invite_member(device_key=device, **invite)
    assert AgencyInvitation.objects.count() == 10


def test_thirty_a_day_of_one_agency(ama, monkeypatch):
    monkeypatch.setattr(invitation_limits, "PER_INVITER_A_DAY", 99)
    agency = active_agency_of(ama.user)
    for index in range(30):
        invited(agency, ama.user, number(index))
    with pytest.raises(RateLimited):
        invited(agency, ama.user, number(30))


@pytest.mark.django_db
def test_the_sixth_agency_is_answered_like_the_first_and_rings_nowhere():
    for index in range(6):
        founder = someone(f"F{index}")
        invitation = invited(active_agency_of(founder), founder, UNKNOWN)
        assert invitation.status == "open"
    assert rung_at() == 5
    # What rang nowhere is there for whoever holds the number all the same.
    person = someone()
    person.phones.update(number=UNKNOWN)
    member = accept_invitation(
        invitation_id=invitation.pk, person=person, now=clock.now()
    )
    assert member.agency_id == invitation.agency_id


def test_one_agency_does_not_use_up_what_others_may_ring(ama, kossi):
    agency = active_agency_of(ama.user)
    for _ in range(5):
        invitation = invited(agency, ama.user, UNKNOWN)
        assert rung_at() == 1
        withdrawn(invitation, ama.user)
    invited(active_agency_of(kossi.user), kossi.user, UNKNOWN)
    assert rung_at() == 2


def test_an_invitation_costs_the_day_what_a_code_costs(ama, monkeypatch):
    agency = active_agency_of(ama.user)
    invited(agency, ama.user, UNKNOWN)
    assert CodeSpending.objects.get(prefix="229").cost == code_costs.PRICES["229"]
    monkeypatch.setattr(code_costs, "CAPS", {"229": code_costs.PRICES["229"]})
    quiet = invited(agency, ama.user, number(1))
    assert (quiet.status, quiet.rings) == ("open", False)
    assert rung_at(UNKNOWN) == 1
    assert rung_at(number(1)) == 0
