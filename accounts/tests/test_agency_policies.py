"""Truth tables of what members of an agency may do."""

import itertools

import pytest

from accounts.models import AgencyRole
from accounts.policies import agencies

ROLES = AgencyRole.values
LOW = {"agent", "accountant", "viewer"}


def test_every_role_has_a_rank():
    assert set(agencies.AGENCY_RANKS) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_owners_and_managers_lead(role):
    assert agencies.may_lead_agency(role=role) is (role in {"owner", "manager"})
    assert agencies.may_own_agency(role=role) is (role == "owner")


@pytest.mark.parametrize(
    ("actor", "given", "held"), list(itertools.product(ROLES, ROLES, [None, *ROLES]))
)
def test_who_gives_which_role_to_whom(actor, given, held):
    expected = actor == "owner" or (
        actor == "manager" and given in LOW and (held is None or held in LOW)
    )
    assert (
        agencies.may_give_agency_role(actor_role=actor, given=given, held=held)
        is expected
    )


@pytest.mark.parametrize("actor", ROLES)
def test_nobody_but_an_owner_raises_anybody_to_their_own_rank(actor):
    ranks = agencies.AGENCY_RANKS
    given = {
        role
        for role in ROLES
        if agencies.may_give_agency_role(actor_role=actor, given=role)
    }
    if actor != "owner":
        assert all(ranks[role] < ranks[actor] for role in given)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_does_not_exist_is_given_by_nobody(role):
    assert not agencies.may_give_agency_role(actor_role=role, given="emperor")
    assert not agencies.may_give_agency_role(actor_role="", given=role)


@pytest.mark.parametrize(
    ("actor", "member", "is_self"),
    list(itertools.product(ROLES, ROLES, [True, False])),
)
def test_who_removes_whom(actor, member, is_self):
    expected = is_self or actor == "owner" or (actor == "manager" and member in LOW)
    assert (
        agencies.may_remove_member(
            actor_role=actor, member_role=member, is_self=is_self
        )
        is expected
    )


@pytest.mark.parametrize(
    ("owners", "loses_one", "expected"),
    [(1, False, True), (1, True, False), (2, True, True), (2, False, True)],
)
def test_an_agency_keeps_an_owner(owners, loses_one, expected):
    assert agencies.keeps_an_owner(owners=owners, loses_one=loses_one) is expected


@pytest.mark.parametrize(
    ("is_active", "is_staff", "permitted", "is_member"),
    list(itertools.product([True, False], repeat=4)),
)
def test_staff_with_the_right_decide_about_agencies_of_others(
    is_active, is_staff, permitted, is_member
):
    found = agencies.may_decide_agency(
        is_active=is_active,
        is_staff=is_staff,
        permissions={agencies.DECIDE_AGENCIES} if permitted else set(),
        is_member=is_member,
    )
    assert found is (is_active and is_staff and permitted and not is_member)
