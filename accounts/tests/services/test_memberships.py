"""Members: roles, ends, and the owner who stays."""

import threading

import pytest

from accounts.models import Membership
from accounts.queries.agencies import agency_context
from accounts.services.agencies import agencies as agency_services
from accounts.services.agencies import memberships as member_services
from accounts.services.agencies.agencies import suspend_agency
from accounts.services.agencies.memberships import (
    AgencyNotOperating,
    LastOwner,
    change_member_role,
    remove_member,
)
from accounts.tests.agencies import (
    active_agency_of,
    invited,
    joined,
    roles,
    someone,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed, NotFound, StaleVersion
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import make_staff
from lokahome.tests.threads import race


def member_of(agency, user):
    return Membership.objects.active().get(agency=agency, user=user)


def changed(agency, actor, person, role, **values):
    return change_member_role(
        agency_id=agency.pk,
        membership_id=member_of(agency, person).pk,
        actor=actor,
        role=role,
        now=clock.now(),
        **values,
    )


def removed(agency, actor, person):
    return remove_member(
        agency_id=agency.pk,
        membership_id=member_of(agency, person).pk,
        actor=actor,
        now=clock.now(),
    )


@pytest.fixture
def house(ama, kossi, afi):
    """An agency of Ama, with a manager (Kossi) and an agent (Afi)."""
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "manager")
    joined(agency, kossi.user, afi.user, "agent")
    return agency


def test_an_owner_gives_any_role(house, ama, afi):
    for role in ("manager", "viewer", "owner"):
        changed(house, ama.user, afi.user, role)
        assert roles(house)[afi.id] == role
    assert AuditEvent.objects.filter(action="agency.member_role_changed").count() == 3
    told = OutboxEvent.objects.filter(name="accounts.member_role_changed")
    assert told.count() == 3


def test_the_same_role_again_changes_nothing(house, ama, afi):
    member = changed(house, ama.user, afi.user, "agent")
    assert member.version == 1
    assert not AuditEvent.objects.filter(action="agency.member_role_changed").exists()


@pytest.mark.parametrize("role", ["manager", "owner"])
@pytest.mark.parametrize("whom", ["kossi", "afi", "ama"])
def test_a_manager_raises_nobody_himself_included(request, house, kossi, whom, role):
    person = request.getfixturevalue(whom)
    before = roles(house)
    with pytest.raises(NotAllowed):
        changed(house, kossi.user, person.user, role)
    assert roles(house) == before
    assert not AuditEvent.objects.filter(action="agency.member_role_changed").exists()


def test_a_manager_lowers_no_equal_and_no_owner(house, ama, kossi):
    other = someone()
    joined(house, ama.user, other, "manager")
    for person in (other, ama.user):
        with pytest.raises(NotAllowed):
            changed(house, kossi.user, person, "viewer")
        with pytest.raises(NotAllowed):
            removed(house, kossi.user, person)
    assert roles(house)[other.pk] == "manager"


@pytest.mark.parametrize("role", ["agent", "accountant", "viewer"])
def test_others_change_and_remove_nobody(house, ama, afi, role):
    changed(house, ama.user, afi.user, role)
    newcomer = someone()
    joined(house, ama.user, newcomer, "viewer")
    with pytest.raises(NotAllowed):
        changed(house, afi.user, newcomer, "agent")
    with pytest.raises(NotAllowed):
        removed(house, afi.user, newcomer)
    assert roles(house)[newcomer.pk] == "viewer"


def test_whoever_is_removed_is_nobody_at_once(house, kossi, afi):
    member = removed(house, kossi.user, afi.user)
    assert (member.status, member.removed_at is not None) == ("removed", True)
    assert agency_context(afi.id, house.pk) is None
    with pytest.raises(NotFound):
        invited(house, afi.user, "+2290197559999")


def test_whoever_was_removed_may_come_back_in_a_new_row(house, kossi, afi):
    removed(house, kossi.user, afi.user)
    joined(house, kossi.user, afi.user, "viewer")
    assert roles(house)[afi.id] == "viewer"
    assert Membership.objects.filter(agency=house, user=afi.user).count() == 2


def test_anybody_may_leave_but_the_last_owner(house, ama, kossi, afi):
    for person in (afi, kossi):
        removed(house, person.user, person.user)
    with pytest.raises(LastOwner):
        removed(house, ama.user, ama.user)
    with pytest.raises(LastOwner):
        changed(house, ama.user, ama.user, "manager")
    assert roles(house) == {ama.id: "owner"}


def test_an_owner_leaves_when_another_one_stays(house, ama, kossi):
    changed(house, ama.user, kossi.user, "owner")
    removed(house, ama.user, ama.user)
    assert roles(house)[kossi.id] == "owner"
    assert ama.id not in roles(house)


def test_a_member_of_another_agency_is_not_found(house, ama, stranger):
    other = active_agency_of(stranger.user)
    with pytest.raises(NotFound):
        change_member_role(
            agency_id=house.pk,
            membership_id=member_of(other, stranger.user).pk,
            actor=ama.user,
            role="viewer",
            now=clock.now(),
        )
    with pytest.raises(NotFound):
        remove_member(
            agency_id=house.pk,
            membership_id=member_of(house, ama.user).pk,
            actor=stranger.user,
            now=clock.now(),
        )
    assert roles(other) == {stranger.id: "owner"}


def test_a_change_of_a_past_version_changes_nothing(house, ama, afi):
    with pytest.raises(StaleVersion):
        changed(house, ama.user, afi.user, "viewer", version=7)
    assert roles(house)[afi.id] == "agent"


def test_what_somebody_may_give_no_more_is_withdrawn(house, ama, kossi):
    low = invited(house, kossi.user, "+2290197558801", "viewer")
    changed(house, ama.user, kossi.user, "agent")
    low.refresh_from_db()
    assert (low.status, low.phone) == ("withdrawn", "")


def test_an_owner_who_becomes_manager_keeps_the_invitations_a_manager_may_send(
    house, ama, kossi
):
    changed(house, ama.user, kossi.user, "owner")
    high = invited(house, kossi.user, "+2290197558802", "manager")
    low = invited(house, kossi.user, "+2290197558803", "viewer")
    changed(house, ama.user, kossi.user, "manager")
    high.refresh_from_db()
    low.refresh_from_db()
    assert (high.status, low.status) == ("withdrawn", "open")


def test_in_a_suspended_agency_nobody_rises_and_everybody_may_leave(ama, kossi):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "agent")
    staff = make_staff("decider", "identity_checker").user
    suspend_agency(agency_id=agency.pk, actor=staff, reason="x", now=clock.now())
    with pytest.raises(AgencyNotOperating):
        changed(agency, ama.user, kossi.user, "manager")
    with pytest.raises(AgencyNotOperating):
        invited(agency, ama.user, "+2290197557777")
    removed(agency, kossi.user, kossi.user)
    assert roles(agency) == {ama.id: "owner"}


# --- Races: threads, real commits ---------------------------------------------------------


@pytest.fixture
def two_owners(committed):
    one, other = someone("Une"), someone("Autre")
    agency = active_agency_of(one)
    joined(agency, one, other, "owner")
    return agency, one, other


def test_of_two_owners_who_leave_at_once_one_stays(two_owners):
    agency, *owners = two_owners
    results = race(2, lambda index: removed(agency, owners[index], owners[index]))
    assert sum(isinstance(item, LastOwner) for item in results) == 1, results
    assert list(roles(agency).values()) == ["owner"]


def test_two_owners_who_remove_each_other_leave_one(two_owners):
    agency, *owners = two_owners
    results = race(2, lambda index: removed(agency, owners[index], owners[1 - index]))
    assert sum(isinstance(item, Exception) for item in results) == 1, results
    assert list(roles(agency).values()) == ["owner"]


def test_control_without_the_agencys_lock_both_leave(two_owners, monkeypatch):
    """The race above is real: both count two owners before either leaves."""
    both_counted = threading.Barrier(2)
    counted = member_services._require_owner_after

    def count_together(member):
        counted(member)
        both_counted.wait(30)

    monkeypatch.setattr(agency_services, "locked", lambda rows, pk: rows.get(pk=pk))
    monkeypatch.setattr(member_services, "_require_owner_after", count_together)
    agency, *owners = two_owners
    race(2, lambda index: removed(agency, owners[index], owners[index]))
    assert roles(agency) == {}
