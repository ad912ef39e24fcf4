"""Sanctions: who may, four eyes, what they do to an account, how they end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Report, Sanction, Session, User
from accounts.services.moderation.cases import CaseClaimed, claim_case, open_case
from accounts.services.moderation.lifting import (
    LiftAsked,
    LiftNotAsked,
    LiftTakesTwo,
    ask_lift_of_sanction,
    keep_sanction,
    lift_sanction,
)
from accounts.services.moderation.sanctions import (
    FourEyes,
    SanctionExists,
    SanctionInvalid,
    StaffNotSanctioned,
    approve_sanction,
    expire_sanctions,
    refuse_sanction,
)
from accounts.services.moderation.standing import (
    AppealTokenRefused,
    appeal_token,
    read_appeal_token,
    suspended,
)
from accounts.services.signing_in.sessions import open_session
from accounts.tests.sanctioned import ban, impose, leads, reported
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent, StateChange
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff
from lokahome.tests.threads import race


def standing(person):
    """Return (may sign in, is restricted, sessions that go on)."""
    row = User.objects.get(pk=person.pk)
    alive = Session.objects.filter(user=person, ended_at=None).count()
    return row.is_active, row.is_restricted, alive


def events(name):
    return OutboxEvent.objects.filter(name=f"accounts.{name}").count()


def approved(sanction, actor, reason="Les faits sont établis"):
    return approve_sanction(
        sanction_id=sanction.pk, reason=reason, actor=actor, now=clock.now()
    )


def lifted(sanction, actor, act=lift_sanction, reason="Erreur"):
    return act(sanction_id=sanction.pk, reason=reason, actor=actor, now=clock.now())


def deeds(person):
    rows = AuditEvent.objects.filter(
        subject=f"user:{person.pk}", action__startswith="sanction."
    )
    return list(rows.order_by("id").values_list("action", flat=True))


@pytest.mark.parametrize(
    ("kind", "days", "expected"),
    [
        ("warn", None, (True, False, 1)),
        ("restrict", 7, (True, True, 1)),
        ("suspend", 30, (False, False, 0)),
    ],
)
def test_one_person_imposes_up_to_thirty_days(ama, moderator, kind, days, expected):
    sanction = impose(ama.user, moderator.user, kind=kind, days=days)
    assert sanction.status == Sanction.Status.ACTIVE
    assert sanction.second_by is None
    assert standing(ama.user) == expected
    assert events("sanction_imposed") == 1
    assert deeds(ama.user) == ["sanction.imposed"]


@pytest.mark.parametrize(
    ("kind", "days"),
    [("ban", None), ("suspend", 31), ("suspend", None), ("restrict", 31)],
)
def test_what_weighs_waits_for_a_second_person(ama, moderator, kind, days):
    [lead] = leads(1)
    sanction = impose(ama.user, moderator.user, kind=kind, days=days)
    assert sanction.status == Sanction.Status.PROPOSED
    assert standing(ama.user) == (True, False, 1)
    assert events("sanction_imposed") == 0
    approved(sanction, lead)
    assert standing(ama.user) != (True, False, 1)
    assert events("sanction_imposed") == 1
    assert deeds(ama.user) == ["sanction.proposed", "sanction.approved"]


def test_nobody_is_suspended_over_a_listing_by_one_person(ama, moderator):
    case = open_case(
        kind="listing_check",
        queue="listings",
        subject=f"listing:{uuid7()}",
        title="Annonce",
        evidence={},
        now=clock.now(),
    )
    sanction = impose(ama.user, moderator.user, days=1, case_id=case.pk)
    assert sanction.status == Sanction.Status.PROPOSED


def test_nobody_is_suspended_from_their_own_page_by_one_person(ama, moderator):
    sanction = impose(ama.user, moderator.user, days=1, case_id=None)
    assert sanction.status == Sanction.Status.PROPOSED
    assert standing(ama.user) == (True, False, 1)


@pytest.mark.parametrize(("days", "status"), [(89, "proposed"), (91, "active")])
def test_the_next_suspension_within_ninety_days_takes_two(ama, moderator, days, status):
    week = impose(ama.user, moderator.user)
    expire_sanctions(now=week.ends_at)
    later = week.ends_at + timedelta(days=days)
    assert impose(ama.user, moderator.user, now=later).status == status


def test_nobody_sanctions_from_a_colleagues_case_or_another_rooms(
    ama, moderator, identity_checker
):
    colleague = make_staff("colleague", "moderator")
    case = reported(ama.user)
    claim_case(case_id=case.pk, actor=colleague.user, now=clock.now())
    with pytest.raises(CaseClaimed):
        impose(ama.user, moderator.user, case_id=case.pk)
    with pytest.raises(NotAllowed):
        impose(ama.user, identity_checker.user, case_id=case.pk)
    assert not Sanction.objects.exists()
    assert impose(ama.user, colleague.user, case_id=case.pk).status == "active"


def test_whoever_proposed_it_does_not_approve_it(ama):
    lead, other = leads()
    sanction = impose(ama.user, lead, kind="ban", days=None)
    with pytest.raises(FourEyes):
        approved(sanction, lead)
    assert standing(ama.user) == (True, False, 1)
    approved(sanction, other)
    assert standing(ama.user) == (False, False, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"second_by_id": None},
        {"ends_at": clock.now() + timedelta(days=60)},
    ],
)
def test_the_table_itself_refuses_one_pair_of_eyes(ama, moderator, changes):
    """Even a service that forgot: what is endless or long has two names on it."""
    [lead] = leads(1)
    sanction = (
        ban(ama.user, moderator.user, lead)
        if "second_by_id" in changes
        else impose(ama.user, moderator.user)
    )
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        Sanction.objects.filter(pk=sanction.pk).update(**changes)


def test_the_table_itself_refuses_the_same_name_twice(ama, moderator):
    [lead] = leads(1)
    sanction = ban(ama.user, moderator.user, lead)
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        Sanction.objects.filter(pk=sanction.pk).update(second_by=moderator.user)


def test_who_may_not(ama, kossi, finance, moderator):
    [lead] = leads(1)
    for nobody in (kossi.user, finance.user):
        with pytest.raises(NotAllowed):
            impose(ama.user, nobody)
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    for nobody in (kossi.user, finance.user):
        with pytest.raises(NotAllowed):
            approved(waiting, nobody)
        with pytest.raises(NotAllowed):
            refuse_sanction(
                sanction_id=waiting.pk, reason="non", actor=nobody, now=clock.now()
            )
    live = impose(ama.user, moderator.user)
    with pytest.raises(NotAllowed):  # imposing is not lifting
        lift_sanction(
            sanction_id=live.pk, reason="non", actor=moderator.user, now=clock.now()
        )
    with pytest.raises(StaffNotSanctioned):
        impose(moderator.user, lead)
    with pytest.raises(NotFound):
        impose(User(id=uuid7()), lead)
    assert Sanction.objects.filter(status="active").count() == 1


def test_whoever_reported_it_does_not_punish_for_it(ama, moderator):
    case = open_case(
        kind="listing_report",
        queue="reports",
        subject=f"listing:{uuid7()}",
        title="Annonce signalée",
        evidence={},
        now=clock.now(),
    )
    Report(
        reporter=moderator.user, subject=case.subject, reason="scam", case=case
    ).save()
    with pytest.raises(NotAllowed):
        impose(ama.user, moderator.user, case_id=case.pk)
    assert not Sanction.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "warn", "days": 3},
        {"kind": "ban", "days": 3},
        {"days": 0},
        {"days": 3651},
        {"words": "  "},
        {"notice": ""},
    ],
)
def test_what_does_not_go_together_is_refused(ama, moderator, values):
    with pytest.raises(SanctionInvalid):
        impose(ama.user, moderator.user, **values)
    assert standing(ama.user) == (True, False, 1)


def test_one_of_a_kind_at_a_time_but_warnings(ama, moderator):
    impose(ama.user, moderator.user, kind="warn", days=None)
    impose(ama.user, moderator.user, kind="warn", days=None)
    impose(ama.user, moderator.user)
    with pytest.raises(SanctionExists):
        impose(ama.user, moderator.user, days=3)


def test_a_refused_proposal_changes_nothing_and_its_author_may_give_it_up(
    ama, moderator
):
    sanction = impose(ama.user, moderator.user, kind="ban", days=None)
    refuse_sanction(
        sanction_id=sanction.pk,
        reason="Trop lourd",
        actor=moderator.user,
        now=clock.now(),
    )
    assert Sanction.objects.get().status == Sanction.Status.REFUSED
    assert standing(ama.user) == (True, False, 1)
    [lead] = leads(1)
    with pytest.raises(TransitionRefused):
        approved(sanction, lead)


def test_lifting_opens_the_account_unless_another_one_closes_it(ama, moderator):
    [lead, other] = leads()
    week = impose(ama.user, moderator.user)
    ban(ama.user, moderator.user, lead)
    lifted(week, lead)
    assert standing(ama.user)[0] is False
    last = Sanction.objects.get(kind="ban")
    lifted(last, lead, ask_lift_of_sanction)
    lifted(last, other)
    assert standing(ama.user) == (True, False, 0)
    assert events("sanction_ended") == 2


def test_what_two_decided_is_not_lifted_by_one(ama, moderator):
    [lead, other] = leads()
    heavy = ban(ama.user, moderator.user, lead)
    for who in (lead, other):
        with pytest.raises(LiftTakesTwo):
            lifted(heavy, who)
    asked = lifted(heavy, lead, ask_lift_of_sanction)
    assert (asked.status, asked.lift_asked_by) == ("active", lead)
    assert standing(ama.user)[0] is False
    with pytest.raises(LiftAsked):
        lifted(heavy, other, ask_lift_of_sanction)
    with pytest.raises(FourEyes):
        lifted(heavy, lead)
    heavy.refresh_from_db()
    assert (heavy.status, events("sanction_ended")) == ("active", 0)
    done = lifted(heavy, other)
    assert (done.status, done.lifted_by, done.lift_asked_by) == ("lifted", other, lead)
    assert deeds(ama.user)[-2:] == ["sanction.lift_asked", "sanction.lifted"]
    with pytest.raises(IntegrityError, match="lifted_by"), transaction.atomic():
        Sanction.objects.filter(pk=heavy.pk).update(lifted_by=lead)


def test_a_lift_that_was_asked_for_may_be_declined(ama, moderator):
    [lead, other] = leads()
    heavy = ban(ama.user, moderator.user, lead)
    with pytest.raises(LiftNotAsked):
        lifted(heavy, other, keep_sanction)
    lifted(heavy, lead, ask_lift_of_sanction)
    kept = lifted(heavy, other, keep_sanction)
    assert (kept.status, kept.lift_asked_by, kept.lift_reason) == ("active", None, "")
    with pytest.raises(LiftTakesTwo):
        lifted(heavy, other)
    assert standing(ama.user)[0] is False


def test_whoever_reported_it_does_not_lift_it(ama, moderator):
    [lead, other] = leads()
    week = impose(ama.user, moderator.user)
    Report(
        reporter=lead, subject=week.case.subject, reason="scam", case=week.case
    ).save()
    with pytest.raises(NotAllowed):
        lifted(week, lead)
    assert standing(ama.user)[0] is False
    assert lifted(week, other).status == Sanction.Status.LIFTED


def test_approving_says_why(ama, moderator):
    [lead] = leads(1)
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    with pytest.raises(SanctionInvalid):
        approved(waiting, lead, reason=" ")
    assert standing(ama.user)[0] is True
    approved(waiting, lead)
    deed = AuditEvent.objects.get(action="sanction.approved")
    assert deed.reason == "Les faits sont établis"


def test_lifting_needs_a_reason(ama, moderator):
    [lead] = leads(1)
    week = impose(ama.user, moderator.user)
    with pytest.raises(SanctionInvalid):
        lift_sanction(sanction_id=week.pk, reason=" ", actor=lead, now=clock.now())
    assert standing(ama.user)[0] is False


def test_an_erased_account_stays_closed_when_its_sanction_ends(ama, moderator):
    week = impose(ama.user, moderator.user)
    User.objects.filter(pk=ama.id).update(erased_at=clock.now(), full_name="")
    later = week.ends_at + timedelta(seconds=1)
    assert expire_sanctions(now=later) == 1
    assert standing(ama.user)[0] is False


def test_time_ends_a_sanction_at_its_moment_and_not_before(ama, kossi, moderator):
    week = impose(ama.user, moderator.user)
    impose(kossi.user, moderator.user, kind="restrict", days=8)
    assert expire_sanctions(now=week.ends_at - timedelta(seconds=1)) == 0
    assert standing(ama.user)[0] is False
    assert expire_sanctions(now=week.ends_at) == 1
    assert standing(ama.user)[0] is True
    assert standing(kossi.user)[:2] == (True, True)
    assert expire_sanctions(now=week.ends_at + timedelta(days=2)) == 1
    assert standing(kossi.user)[:2] == (True, False)
    assert StateChange.objects.filter(action="expire", actor_kind="system").count() == 2


def test_a_closed_door_says_until_when_and_why_and_lets_appeal(ama, moderator):
    week = impose(ama.user, moderator.user)
    refusal = suspended(ama.id, now=clock.now())
    assert refusal.code == "account.suspended"
    assert set(refusal.members) == {"until", "reason", "appeal_token"}
    assert refusal.members["reason"] == week.notice
    token = refusal.members["appeal_token"]
    assert read_appeal_token(token, now=clock.now()) == (week.pk, ama.id)
    assert suspended(uuid7(), now=clock.now()) is None


def test_of_two_the_longer_one_is_told(ama, moderator):
    [lead] = leads(1)
    impose(ama.user, moderator.user)
    last = ban(ama.user, moderator.user, lead)
    refusal = suspended(ama.id, now=clock.now())
    assert refusal.members["until"] is None
    assert read_appeal_token(refusal.members["appeal_token"], now=clock.now()) == (
        last.pk,
        ama.id,
    )


@pytest.mark.parametrize("bad", ["", "x", "a:b", "[]:abc"])
def test_an_appeal_token_is_ours_or_nothing(db, bad):
    with pytest.raises(AppealTokenRefused):
        read_appeal_token(bad, now=clock.now())


def test_an_appeal_token_lasts_thirty_minutes(ama, moderator):
    week = impose(ama.user, moderator.user)
    now = clock.now()
    token = appeal_token(week, now=now)
    read_appeal_token(token, now=now + timedelta(minutes=29))
    with pytest.raises(AppealTokenRefused):
        read_appeal_token(token, now=now + timedelta(minutes=30))
    with pytest.raises(AppealTokenRefused):
        read_appeal_token(token[:-1] + ("A" if token[-1] != "A" else "B"), now=now)


def test_two_approvers_at_once_start_it_once(committed, ama, moderator):
    people = leads(2)
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    results = race(
        2,
        lambda index: approved(waiting, people[index]),
    )
    refused = [item for item in results if isinstance(item, TransitionRefused)]
    assert len(refused) == 1
    assert events("sanction_imposed") == 1
    assert StateChange.objects.filter(action="approve").count() == 1


def test_without_the_lock_two_approvers_start_it_twice(committed, ama, moderator):
    """The control: each reads `proposed`, so each would approve."""
    people = leads(2)
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    seen = [Sanction.objects.get(pk=waiting.pk) for _ in people]

    from accounts.services.moderation.sanctions import start

    def unlocked(index):
        with transaction.atomic():
            row = seen[index]
            row.second_by = people[index]
            start(row, ama.user, action="approve", actor=people[index], now=clock.now())

    race(2, unlocked)
    assert StateChange.objects.filter(action="approve").count() == 2


def test_a_sign_in_beside_a_suspension_ends_with_it(committed, ama, moderator):
    """The person's lock: a session is opened before, and ended, or is refused."""

    def work(index):
        if index == 0:
            return impose(ama.user, moderator.user)
        return open_session(
            user=ama.user, method="code", device_key=None, now=clock.now()
        )

    for _ in range(3):
        race(2, work)
        assert standing(ama.user) == (False, False, 0)
        Sanction.objects.all().delete()
        User.objects.filter(pk=ama.id).update(is_active=True)
