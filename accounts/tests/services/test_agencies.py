"""Agencies: opened, checked, suspended, closed."""

import pytest

from accounts.models import Agency, AgencyInvitation, Membership
from accounts.queries.agencies import agency_context, agency_leaders
from accounts.services.agencies.agencies import (
    AgencyIncomplete,
    AgencyNotEditable,
    IfuTaken,
    TooManyDrafts,
    activate_agency,
    change_agency,
    close_agency,
    open_agency,
    suspend_agency,
)
from accounts.services.moderation.cases import ReasonMissing
from accounts.tests.agencies import (
    active_agency_of,
    agency_of,
    invited,
    joined,
    roles,
    someone,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent, StateChange
from lokahome.core.errors import NotAllowed, NotFound, StaleVersion
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff


@pytest.fixture
def decider(db):
    return make_staff("decider", "identity_checker").user


def told(name):
    return OutboxEvent.objects.filter(name=f"accounts.{name}").count()


def activated(agency, actor, **values):
    return activate_agency(agency_id=agency.pk, actor=actor, now=clock.now(), **values)


def suspended(agency, actor, reason="Mandats sans preuve."):
    return suspend_agency(
        agency_id=agency.pk, actor=actor, reason=reason, now=clock.now()
    )


def test_whoever_opens_an_agency_is_its_owner(ama):
    agency = agency_of(ama.user)
    assert agency.status == "draft"
    assert roles(agency) == {ama.id: "owner"}
    assert AuditEvent.objects.get(action="agency.opened").actor_id == ama.id


def test_a_founder_has_three_drafts_at_once(ama):
    for _ in range(3):
        agency_of(ama.user)
    with pytest.raises(TooManyDrafts):
        agency_of(ama.user)
    assert Agency.objects.count() == Membership.objects.count() == 3


def test_a_draft_is_changed_by_its_owner_and_then_no_more(ama, decider):
    agency = agency_of(ama.user)
    change = {"agency_id": agency.pk, "actor": ama.user, "now": clock.now()}
    assert change_agency(changes={"name": "Immo Ganhi"}, **change).name == "Immo Ganhi"
    activated(agency, decider)
    with pytest.raises(AgencyNotEditable):
        change_agency(changes={"name": "Autre"}, **change)
    agency.refresh_from_db()
    assert agency.name == "Immo Ganhi"


@pytest.mark.parametrize("role", ["manager", "agent", "accountant", "viewer"])
def test_only_owners_change_and_close(ama, role):
    agency, member = active_agency_of(ama.user), someone()
    joined(agency, ama.user, member, role)
    now = clock.now()
    with pytest.raises(NotAllowed):
        change_agency(agency_id=agency.pk, actor=member, changes={"name": "x"}, now=now)
    with pytest.raises(NotAllowed):
        close_agency(agency_id=agency.pk, actor=member, now=now)
    agency.refresh_from_db()
    assert (agency.name, agency.status) == ("Immo Cadjèhoun", "active")


def test_an_agency_of_others_and_one_that_does_not_exist_are_not_found(ama, stranger):
    agency = agency_of(ama.user)
    for agency_id in (agency.pk, uuid7()):
        with pytest.raises(NotFound):
            close_agency(agency_id=agency_id, actor=stranger.user, now=clock.now())
    agency.refresh_from_db()
    assert agency.status == "draft"


def test_staff_find_a_file_in_order_suspend_and_restore(ama, decider):
    agency = agency_of(ama.user)
    assert activated(agency, decider).status == "active"
    row = suspended(agency, decider)
    assert (row.status, row.status_reason) == ("suspended", "Mandats sans preuve.")
    assert activated(agency, decider).status_reason == ""
    assert told("agency_decided") == 3
    steps = StateChange.objects.filter(subject=f"agency:{agency.pk}").order_by("id")
    assert list(steps.values_list("action", flat=True)) == [
        "activate",
        "suspend",
        "activate",
    ]


def test_a_file_without_its_numbers_is_not_activated(ama, decider):
    agency = open_agency(founder=ama.user, name="Sans IFU", now=clock.now())
    with pytest.raises(AgencyIncomplete):
        activated(agency, decider)
    agency.refresh_from_db()
    assert agency.status == "draft"


def test_two_checked_agencies_never_share_an_ifu(ama, kossi, decider):
    first = activated(agency_of(ama.user), decider)
    second = agency_of(kossi.user)
    change_agency(
        agency_id=second.pk,
        actor=kossi.user,
        changes={"ifu": first.ifu},
        now=clock.now(),
    )
    with pytest.raises(IfuTaken):
        activated(second, decider)
    second.refresh_from_db()
    assert second.status == "draft"


def test_a_suspension_has_a_reason(ama, decider):
    agency = activated(agency_of(ama.user), decider)
    with pytest.raises(ReasonMissing):
        suspended(agency, decider, reason="  ")
    agency.refresh_from_db()
    assert agency.status == "active"


def test_a_decision_about_a_past_version_changes_nothing(ama, decider):
    agency = agency_of(ama.user)
    with pytest.raises(StaleVersion):
        activated(agency, decider, version=agency.version + 1)
    assert told("agency_decided") == 0


@pytest.mark.parametrize("who", ["moderator", "finance", "ama", "kossi"])
def test_who_may_not_decide_changes_nothing(request, ama, who):
    agency = agency_of(ama.user)
    actor = request.getfixturevalue(who).user
    with pytest.raises(NotAllowed):
        activated(agency, actor)
    agency.refresh_from_db()
    assert (agency.status, agency.version) == ("draft", 1)


def test_nobody_decides_about_an_agency_of_their_own(decider):
    agency = agency_of(decider)
    with pytest.raises(NotAllowed):
        activated(agency, decider)


def test_a_closed_agency_invites_nobody_and_gives_no_context(ama):
    agency = active_agency_of(ama.user)
    invitation = invited(agency, ama.user, "+2290197551234")
    close_agency(agency_id=agency.pk, actor=ama.user, now=clock.now())
    invitation.refresh_from_db()
    assert (invitation.status, invitation.phone) == ("withdrawn", "")
    assert agency_context(ama.id, agency.pk) is None
    assert told("agency_closed") == 1
    assert AgencyInvitation.objects.open().count() == 0


def test_a_suspended_agency_cannot_be_closed_away(ama, decider):
    agency = active_agency_of(ama.user)
    suspended(agency, decider)
    with pytest.raises(TransitionRefused):
        close_agency(agency_id=agency.pk, actor=ama.user, now=clock.now())
    assert agency_context(ama.id, agency.pk) is None


def test_the_context_says_the_role_of_this_moment(
    ama, kossi, django_assert_num_queries
):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "accountant")
    with django_assert_num_queries(1):
        context = agency_context(kossi.id, agency.pk)
    assert (context.agency_id, context.role) == (agency.pk, "accountant")
    assert agency_context(kossi.id, uuid7()) is None
    assert agency_leaders(agency.pk) == [ama.id]
