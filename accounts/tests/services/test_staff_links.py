"""Private accounts of the staff: declared, checked, and asked for wherever it matters."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Case, StaffLink, User
from accounts.queries.staff import humans_of, is_same_human
from accounts.services.moderation.cases import claim_case, open_case
from accounts.services.moderation.parties import ConflictOfInterest, has_conflict
from accounts.services.moderation.reports import file_report
from accounts.services.staff.links import (
    AnotherConfirms,
    HasAnAccount,
    confirm_link,
    declare_link,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound
from lokahome.tests.people import make_person, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_staff("lead", "lead")


def confirmed(staff, person, by):
    link = declare(staff, person)
    return confirm_link(link_id=link.pk, actor=by.user, now=clock.now())


def declare(staff, person, actor=None):
    return declare_link(
        staff_id=staff.id,
        person_id=person.id if person else None,
        actor=actor.user if actor else None,
        now=clock.now(),
        reason="Dit de vive voix." if actor else "",
    )


def test_a_colleague_comes_with_the_account_they_rent_with(ama):
    call_command(
        *("add_staff", "rosine", "--groups", "moderator"),
        *("--phone", "01 97 00 00 01"),
        stdout=StringIO(),
    )
    rosine = User.objects.get(username="rosine")
    assert humans_of(rosine.pk) == humans_of(ama.id) == {rosine.pk, ama.id}
    link = StaffLink.objects.get(staff=rosine)
    assert (link.status, link.declared_by) == ("declared", None)
    deed = AuditEvent.objects.get(action="staff.link_declared")
    assert str(ama.id) not in str(deed.details), "the log does not say whose it is"


@pytest.mark.parametrize(
    "said", [(), ("--phone", "01 97 99 99 99"), ("--phone", "word"), ("--phone", "")]
)
def test_nobody_joins_the_staff_without_saying_which_account_is_theirs(db, said):
    with pytest.raises(CommandError):
        call_command("add_staff", "rosine", "--groups", "moderator", *said)
    assert not User.objects.filter(username="rosine").exists()


def test_accounts_are_followed_from_one_to_the_next(
    ama, kossi, stranger, moderator, checker, lead
):
    confirmed(moderator, ama, lead)
    confirmed(checker, ama, lead)
    declare(checker, kossi)
    everybody = {ama.id, kossi.id, moderator.id, checker.id}
    for one in everybody:
        assert humans_of(one) == everybody
    assert is_same_human(moderator.id, None, kossi.id)
    assert not is_same_human(moderator.id, stranger.id, None)
    assert humans_of(stranger.id) == {stranger.id}


def test_nobody_elses_matter_costs_one_query(moderator, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert is_same_human(moderator.id, moderator.id)
        assert not is_same_human(moderator.id, None)
    with django_assert_num_queries(1):
        assert humans_of(moderator.id) == {moderator.id}


def test_the_tenant_behind_the_moderator_does_not_judge_her_own_report(
    ama, kossi, moderator
):
    from properties.tests import factories as make

    listing = make.published(kossi.user)
    report, _new = file_report(
        subject=f"listing:{listing.pk}",
        reason="scam",
        detail="",
        reporter=ama.user,
        now=clock.now(),
    )
    case = report.case
    assert not has_conflict(case, moderator.id), "the control: nobody knows"
    declare(moderator, ama)
    with pytest.raises(ConflictOfInterest):
        claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())
    case.refresh_from_db()
    assert case.claimed_by is None


def test_nor_a_case_about_her_landlord_self(kossi, moderator):
    declare(moderator, kossi)
    case = open_case(
        kind="report",
        queue=Case.Queue.REPORTS,
        subject=f"user:{kossi.id}",
        title="…",
        evidence={},
        now=clock.now(),
    )
    with pytest.raises(ConflictOfInterest):
        claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())


def test_somebody_else_who_leads_checks_a_declaration(ama, moderator, lead):
    link = declare(moderator, ama, lead)
    with pytest.raises(AnotherConfirms):
        confirm_link(link_id=link.pk, actor=lead.user, now=clock.now())
    for actor in (moderator, ama):
        with pytest.raises(NotAllowed):
            confirm_link(link_id=link.pk, actor=actor.user, now=clock.now())
    link.refresh_from_db()
    assert link.status == "declared"
    other = make_staff("lead2", "lead")
    confirm_link(link_id=link.pk, actor=other.user, now=clock.now())
    link.refresh_from_db()
    assert (link.status, link.confirmed_by) == ("confirmed", other.user)


def test_the_lead_behind_the_declaration_does_not_check_it_by_another_hat(ama, lead):
    """Declared by one hat, checked by the other: it would be one human."""
    second = make_staff("lead2", "lead")
    confirmed(second, lead, make_staff("lead3", "lead"))
    colleague = make_staff("rosine", "support")
    link = declare(colleague, ama, lead)
    with pytest.raises(AnotherConfirms):
        confirm_link(link_id=link.pk, actor=second.user, now=clock.now())


def test_none_gives_way_to_an_account_and_never_the_reverse(ama, moderator, lead):
    none = declare(moderator, None)
    assert declare(moderator, None) == none
    link = declare(moderator, ama, lead)
    assert declare(moderator, ama, lead) == link
    none.refresh_from_db()
    assert none.status == "ended"
    with pytest.raises(HasAnAccount):
        declare(moderator, None, lead)


def test_what_cannot_be_declared(ama, moderator, lead):
    for staff, person, actor, refusal in (
        (moderator, moderator, lead, InvalidInput),
        (ama, moderator, lead, NotFound),
        (moderator, ama, moderator, NotAllowed),
    ):
        with pytest.raises(refusal):
            declare(staff, person, actor)
    erased = make_person(name="", phone="+2290197000077", roles=("tenant",))
    User.objects.filter(pk=erased.pk).update(
        is_active=False, full_name="", erased_at=clock.now()
    )
    with pytest.raises(NotFound):
        declare_link(
            staff_id=moderator.id,
            person_id=erased.pk,
            actor=lead.user,
            now=clock.now(),
            reason="Dit de vive voix.",
        )
    assert not StaffLink.objects.exists()
