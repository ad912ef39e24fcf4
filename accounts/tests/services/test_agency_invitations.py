"""Invitations: sent to a number, answered by whoever holds it."""

import threading
from datetime import timedelta

import pytest
import time_machine

from accounts.models import AgencyInvitation, Membership, Phone
from accounts.services.agencies import agencies as agency_services
from accounts.services.agencies import invitations as agency_invitations
from accounts.services.agencies.invitation_ends import expire_invitations
from accounts.services.agencies.invitations import (
    AlreadyMember,
    InvitationOpen,
    InvitationSpent,
    accept_invitation,
    refuse_invitation,
    withdraw_invitation,
)
from accounts.services.agencies.memberships import remove_member
from accounts.tests.agencies import active_agency_of, invited, joined, roles, someone
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.phones import InvalidPhone
from lokahome.tests.threads import race

UNKNOWN = "+2290197550000"


def accepted(invitation, person):
    return accept_invitation(
        invitation_id=invitation.pk, person=person, now=clock.now()
    )


def refused(invitation, person):
    return refuse_invitation(
        invitation_id=invitation.pk, person=person, now=clock.now()
    )


def withdrawn(invitation, actor):
    return withdraw_invitation(
        agency_id=invitation.agency_id,
        invitation_id=invitation.pk,
        actor=actor,
        now=clock.now(),
    )


def test_an_invitation_shows_a_masked_number_and_its_event_none(ama):
    invitation = invited(active_agency_of(ama.user), ama.user, "97 55 00 00")
    assert invitation.phone_masked == "+229 •••• 00"
    event = OutboxEvent.objects.get(name="accounts.member_invited")
    assert UNKNOWN not in str(event.payload)
    raw = AgencyInvitation.objects.extra(select={"raw": "phone::text"}).get()
    assert UNKNOWN not in raw.raw
    assert raw.phone == UNKNOWN


def test_whoever_holds_the_number_joins(ama, kossi):
    agency = active_agency_of(ama.user)
    invitation = invited(agency, ama.user, kossi.user.phone, "accountant")
    member = accepted(invitation, kossi.user)
    assert roles(agency) == {ama.id: "owner", kossi.id: "accountant"}
    assert accepted(invitation, kossi.user).pk == member.pk
    invitation.refresh_from_db()
    assert (invitation.status, invitation.phone) == ("accepted", "")
    assert OutboxEvent.objects.filter(name="accounts.member_joined").count() == 1


def test_a_number_that_somebody_takes_later_is_invited_too(ama):
    agency = active_agency_of(ama.user)
    invitation = invited(agency, ama.user, UNKNOWN)
    person = someone()
    with pytest.raises(NotFound):
        accepted(invitation, person)
    Phone(user=person, number=UNKNOWN, verified_at=clock.now()).save()
    accepted(invitation, person)
    assert roles(agency)[person.pk] == "agent"


def test_a_number_that_was_released_opens_nothing(ama, kossi):
    invitation = invited(active_agency_of(ama.user), ama.user, kossi.user.phone)
    Phone.objects.filter(user=kossi.user).update(released_at=clock.now())
    with pytest.raises(NotFound):
        accepted(invitation, kossi.user)
    assert not Membership.objects.filter(user=kossi.user).exists()


def test_somebody_else_neither_accepts_nor_refuses(ama, kossi, stranger):
    invitation = invited(active_agency_of(ama.user), ama.user, kossi.user.phone)
    for answer in (accepted, refused):
        with pytest.raises(NotFound):
            answer(invitation, stranger.user)
    invitation.refresh_from_db()
    assert invitation.status == "open"


def test_a_refused_invitation_is_over(ama, kossi):
    agency = active_agency_of(ama.user)
    invitation = invited(agency, ama.user, kossi.user.phone)
    assert refused(invitation, kossi.user).status == "refused"
    with pytest.raises(InvitationSpent):
        accepted(invitation, kossi.user)
    assert roles(agency) == {ama.id: "owner"}


def test_an_invitation_lives_seven_days(ama, kossi):
    agency = active_agency_of(ama.user)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        invitation = invited(agency, ama.user, kossi.user.phone)
        traveller.shift(timedelta(days=7))
        for answer in (accepted, refused):
            with pytest.raises(InvitationSpent):
                answer(invitation, kossi.user)
        assert expire_invitations(now=clock.now()) == 1
        assert expire_invitations(now=clock.now()) == 0
        invitation.refresh_from_db()
        assert (invitation.status, invitation.phone) == ("expired", "")
        again = invited(agency, ama.user, kossi.user.phone)
        traveller.shift(timedelta(days=6, hours=23))
        accepted(again, kossi.user)
    assert roles(agency)[kossi.id] == "agent"


def test_one_that_expired_does_not_stand_in_the_way_of_the_next(ama, kossi):
    agency = active_agency_of(ama.user)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        old = invited(agency, ama.user, kossi.user.phone)
        traveller.shift(timedelta(days=8))
        new = invited(agency, ama.user, kossi.user.phone)
    old.refresh_from_db()
    assert (old.status, new.status) == ("expired", "open")


def test_a_number_has_one_open_invitation_an_agency(ama, kossi, afi):
    agency = active_agency_of(ama.user)
    invited(agency, ama.user, UNKNOWN)
    with pytest.raises(InvitationOpen):
        invited(agency, ama.user, "0197550000", "viewer")
    invited(active_agency_of(kossi.user), kossi.user, UNKNOWN)
    assert AgencyInvitation.objects.open().count() == 2


def test_a_member_is_not_a_member_twice(ama, kossi):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "viewer")
    invitation = invited(agency, ama.user, kossi.user.phone, "manager")
    with pytest.raises(AlreadyMember):
        accepted(invitation, kossi.user)
    assert roles(agency)[kossi.id] == "viewer"


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_a_manager_invites_nobody_to_his_own_rank(ama, kossi, role):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "manager")
    with pytest.raises(NotAllowed):
        invited(agency, kossi.user, UNKNOWN, role)
    assert not AgencyInvitation.objects.open().exists()


@pytest.mark.parametrize("role", ["agent", "accountant", "viewer"])
def test_others_invite_and_withdraw_nothing(ama, kossi, role):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, role)
    invitation = invited(agency, ama.user, UNKNOWN, "viewer")
    with pytest.raises(NotAllowed):
        invited(agency, kossi.user, "+2290197550001", "viewer")
    with pytest.raises(NotAllowed):
        withdrawn(invitation, kossi.user)
    assert AgencyInvitation.objects.open().count() == 1


def test_an_invitation_of_somebody_who_left_opens_nothing(ama, kossi, afi):
    agency = active_agency_of(ama.user)
    manager = joined(agency, ama.user, kossi.user, "manager")
    invitation = invited(agency, kossi.user, afi.user.phone)
    remove_member(
        agency_id=agency.pk, membership_id=manager.pk, actor=ama.user, now=clock.now()
    )
    with pytest.raises(InvitationSpent):
        accepted(invitation, afi.user)
    assert roles(agency) == {ama.id: "owner"}


def test_the_right_to_invite_is_asked_again_when_it_is_answered(ama, kossi, afi):
    """Even when nothing withdrew it: a row from another hand gives no right."""
    agency = active_agency_of(ama.user)
    manager = joined(agency, ama.user, kossi.user, "manager")
    invitation = invited(agency, kossi.user, afi.user.phone)
    AgencyInvitation.objects.filter(pk=invitation.pk).update(role="owner")
    with pytest.raises(InvitationSpent):
        accepted(invitation, afi.user)
    assert manager.role == "manager"
    assert afi.id not in roles(agency)


def test_a_withdrawn_invitation_opens_nothing(ama, kossi):
    agency = active_agency_of(ama.user)
    invitation = invited(agency, ama.user, kossi.user.phone)
    for _ in range(2):
        assert withdrawn(invitation, ama.user).status == "withdrawn"
    with pytest.raises(InvitationSpent):
        accepted(invitation, kossi.user)


@pytest.mark.parametrize("phone", ["97 55", "abc", "+33612345678901", "٩٧٥٥٠٠٠٠"])
def test_what_is_no_number_is_not_invited(ama, phone):
    agency = active_agency_of(ama.user)
    with pytest.raises(InvalidPhone):
        invited(agency, ama.user, phone)
    assert not AgencyInvitation.objects.exists()


# --- Races: threads, real commits ---------------------------------------------------------


@pytest.fixture
def answerable(committed):
    owner, person = someone("Une"), someone("Autre")
    agency = active_agency_of(owner)
    return agency, invited(agency, owner, person.phone), person, owner


def test_two_acceptances_at_once_are_one_membership(answerable):
    agency, invitation, person, _owner = answerable
    results = race(4, lambda _index: accepted(invitation, person))
    assert {item.pk for item in results} == {Membership.objects.get(user=person).pk}
    assert OutboxEvent.objects.filter(name="accounts.member_joined").count() == 1
    assert roles(agency)[person.pk] == "agent"


def test_an_acceptance_and_a_withdrawal_at_once_are_one_of_them(answerable):
    agency, invitation, person, owner = answerable
    results = race(
        2,
        lambda index: (
            withdrawn(invitation, owner) if index else accepted(invitation, person)
        ),
    )
    assert sum(isinstance(item, Exception) for item in results) == 1, results
    invitation.refresh_from_db()
    assert (person.pk in roles(agency)) is (invitation.status == "accepted")


def test_control_without_locks_an_acceptance_passes_a_withdrawal(
    answerable, monkeypatch
):
    """The race above is real: both read the open invitation before either answers."""
    both_read = threading.Barrier(2)

    def unlocked(rows, pk):
        row = rows.get(pk=pk)
        if isinstance(row, AgencyInvitation):
            both_read.wait(30)
        return row

    for module in (agency_invitations, agency_services):
        monkeypatch.setattr(module, "locked", unlocked)
    agency, invitation, person, owner = answerable
    results = race(
        2,
        lambda index: (
            withdrawn(invitation, owner) if index else accepted(invitation, person)
        ),
    )
    assert not any(isinstance(item, Exception) for item in results), results
    assert person.pk in roles(agency)
