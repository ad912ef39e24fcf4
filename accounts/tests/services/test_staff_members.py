"""Colleagues' accounts: changed by a lead, by two where it weighs, closed for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from accounts.models import Case, StaffChange, User
from accounts.services.moderation.cases import claim_case, open_case
from accounts.services.staff.links import confirm_link, declare_link
from accounts.services.staff.members import (
    AnotherReopens,
    BothWaysIn,
    ChangeWaits,
    approve_staff_change,
    change_staff,
    refuse_staff_change,
)
from accounts.services.staff.second_factors import make_recovery_codes
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import PASSWORD, enter_backoffice, make_staff
from lokahome.tests.threads import race

pytestmark = pytest.mark.django_db
WHY = "Quitte la maison ce soir."


@pytest.fixture
def lead():
    return make_staff("lead", "lead")


@pytest.fixture
def second():
    return make_staff("second", "lead")


@pytest.fixture
def third():
    return make_staff("third", "lead")


def change(actor, person, kind, *groups, reason=WHY):
    return change_staff(
        person_id=person.id,
        kind=kind,
        reason=reason,
        actor=actor.user if actor else None,
        now=clock.now(),
        groups=groups,
    )


def state(person):
    row = User.objects.get(pk=person.id)
    names = {group.name for group in row.groups.all()}
    factors = Authenticator.objects.filter(user=row).count()
    return row.is_active, names, row.password, factors, row.version


def told():
    return OutboxEvent.objects.filter(name="accounts.staff_changed").count()


def test_a_lead_closes_a_colleagues_account_at_once(lead, moderator):
    case = open_case(
        kind="report",
        queue=Case.Queue.REPORTS,
        subject="listing:0",
        title="…",
        evidence={},
        now=clock.now(),
    )
    claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())
    assert moderator.get("/admin/").status_code == 200
    assert change(lead, moderator, "close").change.status == "done"
    is_active, groups, _password, factors, _version = state(moderator)
    assert (is_active, groups, factors) == (False, set(), 0)
    assert not User.objects.get(pk=moderator.id).check_password(PASSWORD)
    assert moderator.get("/admin/").status_code == 302
    case.refresh_from_db()
    assert case.claimed_by is None, "the case is anybody's again"
    deed = AuditEvent.objects.get(action="staff.close_done")
    assert (deed.actor_id, deed.reason) == (lead.id, WHY)
    assert told() == 1


def approve(actor, made):
    return approve_staff_change(
        change_id=made.change.pk, actor=actor.user, now=clock.now()
    )


def test_two_others_open_it_again_with_a_new_password_and_no_factor(
    lead, second, third, moderator
):
    change(lead, moderator, "close")
    for kind in ("groups", "password", "factors", "close"):
        with pytest.raises(StateConflict):
            change(lead, moderator, kind, *(["support"] if kind == "groups" else []))
    was = state(moderator)
    asked = change(second, moderator, "reopen", "support")
    assert (asked.change.needs_two, asked.password, state(moderator)) == (True, "", was)
    with pytest.raises(NotAllowed):
        approve(second, asked)
    assert state(moderator) == was
    made = approve(third, asked)
    is_active, groups, _password, factors, _version = state(moderator)
    assert (is_active, groups, factors) == (True, {"support"}, 0)
    assert User.objects.get(pk=moderator.id).check_password(made.password)
    assert made.password not in str(list(AuditEvent.objects.values()))


def test_whoever_closed_an_account_has_no_part_in_reopening_it(
    lead, second, third, moderator
):
    """One lead would be both people of a decision: the colleague, and themselves."""
    change(lead, moderator, "close")
    was = state(moderator)
    with pytest.raises(AnotherReopens):
        change(lead, moderator, "reopen", "moderator")
    asked = change(second, moderator, "reopen", "moderator")
    with pytest.raises(AnotherReopens):
        approve(lead, asked)
    assert (state(moderator), asked.change.status) == (was, "proposed")
    approve(third, asked)


def test_nor_any_of_the_two_who_closed_it_nor_their_other_hat(
    lead, second, third, finance, ama
):
    approve(second, change(lead, finance, "close"))
    fourth = make_staff("fourth", "lead")
    for hat in (second, fourth):
        confirm_link(
            link_id=declare_link(
                staff_id=hat.id, person_id=ama.id, actor=None, now=clock.now()
            ).pk,
            actor=third.user,
            now=clock.now(),
        )
    was = state(finance)
    for one in (lead, second, fourth):
        with pytest.raises(AnotherReopens):
            change(one, finance, "reopen", "support")
    assert state(finance) == was
    StaffChange.objects.update(decided_at=clock.now() - timedelta(days=400))
    with pytest.raises(AnotherReopens):
        change(lead, finance, "reopen", "support")  # however long ago
    assert change(third, finance, "reopen", "support").change.status == "proposed"


def test_a_reopening_counts_as_both_ways_in(lead, second, third, moderator):
    change(lead, moderator, "close")
    approve(third, change(second, moderator, "reopen", "moderator"))
    was = state(moderator)
    for one in (third, lead):  # who has the password; who took the factors
        with pytest.raises(BothWaysIn):
            change(one, moderator, "password")
    enter_backoffice(moderator)
    with pytest.raises(BothWaysIn):
        change(third, moderator, "factors")
    assert state(moderator)[2] == was[2]
    assert Authenticator.objects.filter(user=moderator.user).exists()


@pytest.mark.parametrize("kind", ["password", "factors"])
def test_who_renewed_a_way_in_does_not_reopen(lead, second, third, moderator, kind):
    change(lead, moderator, kind)
    change(second, moderator, "close")
    was = state(moderator)
    with pytest.raises(BothWaysIn):
        change(lead, moderator, "reopen", "moderator")
    asked = change(third, moderator, "reopen", "moderator")
    with pytest.raises(BothWaysIn):
        approve(lead, asked)
    assert state(moderator) == was


@pytest.mark.parametrize("left", ["nothing", "recovery_codes"])
def test_a_password_that_opens_the_enrolment_too_takes_two(
    lead, second, moderator, left
):
    if left == "recovery_codes":
        make_recovery_codes(person_id=moderator.id)
    Authenticator.objects.filter(user=moderator.user).exclude(type=left).delete()
    was = state(moderator)
    asked = change(lead, moderator, "password")
    assert (asked.change.status, asked.password) == ("proposed", "")
    with pytest.raises(NotAllowed):
        approve(lead, asked)
    assert state(moderator) == was
    assert approve(second, asked).password


def test_the_machine_s_operator_reopens_alone(lead, moderator):
    change(lead, moderator, "close")
    assert change(None, moderator, "reopen", "support").password
    assert state(moderator)[0] is True


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("lead", "close", ()),
        ("finance_maker", "groups", ("support",)),
        ("support", "groups", ("finance_checker",)),
        ("lead", "factors", ()),
        ("finance_checker", "password", ()),
    ],
)
def test_two_have_to_agree_about_leads_and_money(lead, second, before, kind, after):
    colleague = make_staff("rosine", before)
    was = state(colleague)
    proposed = change(lead, colleague, kind, *after)
    assert (proposed.change.status, proposed.password) == ("proposed", "")
    assert state(colleague) == was
    assert told() == 0
    with pytest.raises(NotAllowed):
        approve_staff_change(
            change_id=proposed.change.pk, actor=lead.user, now=clock.now()
        )
    assert state(colleague) == was
    with pytest.raises(ChangeWaits):
        change(second, colleague, "password")
    approve_staff_change(
        change_id=proposed.change.pk, actor=second.user, now=clock.now()
    )
    assert state(colleague) != was
    assert told() == 1


def test_two_of_a_superuser_and_never_one_human_with_two_hats(lead, second, ama):
    root = make_staff("root")
    User.objects.filter(pk=root.id).update(is_superuser=True)
    proposed = change(lead, root, "factors").change
    third = make_staff("third", "lead")
    for hat in (lead, second):
        link = declare_link(
            staff_id=hat.id,
            person_id=ama.id,
            actor=lead.user,
            now=clock.now(),
            reason="Dit de vive voix.",
        )
        confirm_link(link_id=link.pk, actor=third.user, now=clock.now())
    with pytest.raises(NotAllowed):
        approve_staff_change(change_id=proposed.pk, actor=second.user, now=clock.now())
    with pytest.raises(NotAllowed):
        change(second, lead, "password")  # the same human's other account
    assert Authenticator.objects.filter(user=root.user).exists()


def test_what_nobody_may_do(lead, moderator, ama, finance):
    for actor, person, kind, groups, refusal in (
        (moderator, finance, "close", (), NotAllowed),
        (lead, lead, "groups", ("support",), NotAllowed),
        (lead, ama, "close", (), NotFound),
        (lead, moderator, "groups", (), InvalidInput),
        (lead, moderator, "groups", ("king",), InvalidInput),
        (lead, moderator, "groups", ("finance_maker", "finance_checker"), InvalidInput),
        (lead, moderator, "groups", ("moderator",), StateConflict),
        (lead, moderator, "reopen", ("moderator",), StateConflict),
    ):
        was = state(person)
        with pytest.raises(refusal):
            change(actor, person, kind, *groups)
        assert state(person) == was
    with pytest.raises(InvalidInput):
        change(lead, moderator, "close", reason="  ")
    assert not StaffChange.objects.exists()


def test_one_colleague_does_not_renew_both_ways_in_of_another(lead, second, moderator):
    """Password and factors together are the whole account."""
    change(lead, moderator, "password")
    with pytest.raises(BothWaysIn):
        change(lead, moderator, "factors")
    assert Authenticator.objects.filter(user=moderator.user).exists()
    change(second, moderator, "factors")
    with pytest.raises(BothWaysIn):
        change(second, moderator, "password")
    enter_backoffice(moderator)  # enrols again
    StaffChange.objects.update(decided_at=clock.now() - timedelta(days=31))
    assert change(second, moderator, "password").password


def test_a_proposal_is_withdrawn_or_refused_and_changes_nothing(lead, second, finance):
    was = state(finance)
    for actor, status in ((lead, "withdrawn"), (second, "refused")):
        row = change(lead, finance, "close").change
        with pytest.raises(InvalidInput):
            refuse_staff_change(
                change_id=row.pk, reason="", actor=actor.user, now=clock.now()
            )
        refuse_staff_change(
            change_id=row.pk, reason="Reste.", actor=actor.user, now=clock.now()
        )
        row.refresh_from_db()
        assert row.status == status
        with pytest.raises(TransitionRefused):
            approve_staff_change(change_id=row.pk, actor=second.user, now=clock.now())
    assert state(finance) == was


def test_the_machine_s_operator_closes_when_nobody_can_come_in(lead):
    change(None, lead, "close")
    assert not User.objects.get(pk=lead.id).is_active
    assert AuditEvent.objects.get(action="staff.close_done").actor_id is None


def test_two_who_close_at_once_close_once(committed, lead, second, moderator):
    def close(number):
        try:
            change((lead, second)[number % 2], moderator, "close")
        except StateConflict:
            return False
        return True

    assert sum(race(6, close)) == 1
    assert told() == 1
