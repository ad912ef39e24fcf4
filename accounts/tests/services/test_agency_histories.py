"""Whatever members do, in whatever order: an agency has an owner, and right comes from
right."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AgencyInvitation, AgencyRole, Membership
from accounts.policies.agencies import AGENCY_RANKS
from accounts.services.agencies.invitations import accept_invitation, invite_member
from accounts.services.agencies.memberships import change_member_role, remove_member
from accounts.tests.agencies import active_agency_of, joined, roles, someone
from lokahome.core import clock
from lokahome.core.errors import DomainError

PEOPLE = 4
ROLES = st.sampled_from(AgencyRole.values)
WHO = st.integers(0, PEOPLE - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("invite"), WHO, WHO, ROLES),
        st.tuples(st.just("accept"), WHO, WHO, ROLES),
        st.tuples(st.just("change"), WHO, WHO, ROLES),
        st.tuples(st.just("remove"), WHO, WHO, ROLES),
        # Somebody who changes themselves is the case that matters: ask it often.
        WHO.flatmap(
            lambda who: st.tuples(st.just("change"), st.just(who), st.just(who), ROLES)
        ),
        WHO.flatmap(
            lambda who: st.tuples(st.just("remove"), st.just(who), st.just(who), ROLES)
        ),
    ),
    max_size=14,
)


def do(step, agency, people):
    """Carry *step* out; a refusal is an outcome like another."""
    name, who, whom, role = step
    actor, person, now = people[who], people[whom], clock.now()
    if name == "invite":
        invite_member(
            agency_id=agency.pk, actor=actor, phone=person.phone, role=role, now=now
        )
    elif name == "accept":
        mine = AgencyInvitation.objects.addressed_to(actor).open().first()
        if mine is not None:
            accept_invitation(invitation_id=mine.pk, person=actor, now=now)
    else:
        member = Membership.objects.active().filter(agency=agency, user=person).first()
        if member is None:
            return
        values = {
            "agency_id": agency.pk,
            "membership_id": member.pk,
            "actor": actor,
            "now": now,
        }
        if name == "change":
            change_member_role(role=role, **values)
        else:
            remove_member(**values)


def rank(held, person):
    return AGENCY_RANKS[held[person]] if person in held else 0


@pytest.mark.django_db
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_an_agency_keeps_an_owner_and_nobody_gains_a_right_alone(steps):
    people = [someone(f"P{index}") for index in range(PEOPLE)]
    agency = active_agency_of(people[0])
    # One of each rank from the start, and one outside: most steps mean something.
    joined(agency, people[0], people[1], "manager")
    joined(agency, people[0], people[2], "agent")
    sent = {}
    for step in steps:
        before = roles(agency)
        actor = people[step[1]].pk
        try:
            do(step, agency, people)
        except DomainError:
            assert roles(agency) == before
            continue
        after = roles(agency)
        assert "owner" in after.values()
        if step[0] == "invite":
            sent[people[step[2]].phone] = actor
        risen = [
            person for person in after if rank(after, person) > rank(before, person)
        ]
        for person in risen:
            # Who gave it: the actor, or who invited somebody that accepts now.
            giver = sent[people[step[1]].phone] if step[0] == "accept" else actor
            assert before[giver] == "owner" or (
                before[giver] == "manager"
                and rank(after, person) < AGENCY_RANKS["manager"]
            )
        # Nobody's rights but the one meant by the step change.
        moved = {
            person
            for person in {*before, *after}
            if before.get(person) != after.get(person)
        }
        assert moved <= {people[step[1]].pk, people[step[2]].pk}
