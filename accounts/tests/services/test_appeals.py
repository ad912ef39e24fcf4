"""Appeals: once for each decision, answered by another one, its inverse applied."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Appeal, Case, Report, Sanction, User
from accounts.services.moderation import parties
from accounts.services.moderation.appeals import (
    AppealClosed,
    NotMilder,
    OtherDecider,
    appeal_case,
    modify_appeal,
    overturn_appeal,
    uphold_appeal,
)
from accounts.services.moderation.cases import decide_case, open_case
from accounts.services.moderation.lifting import lift_sanction
from accounts.services.moderation.parties import ConflictOfInterest, Parties
from accounts.services.moderation.sanctions import SanctionExists, SanctionInvalid
from accounts.tests.sanctioned import appeal, ban, impose, leads
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.states import TransitionRefused
from lokahome.tests.threads import race


def answered(service, row, actor, **values):
    return service(
        **{
            "appeal_id": row.pk,
            "answer": "Après relecture du dossier",
            "actor": actor,
            "now": clock.now(),
            **values,
        }
    )


def events(name):
    return OutboxEvent.objects.filter(name=f"accounts.{name}").count()


def is_active(person):
    return User.objects.get(pk=person.pk).is_active


def test_an_appeal_waits_in_its_queue_once(ama, moderator):
    week = impose(ama.user, moderator.user)
    first = appeal(ama.user, week)
    assert appeal(ama.user, week, words="encore").pk == first.pk
    case = Case.objects.get(queue="appeals")
    assert case.subject == f"appeal:{first.pk}"
    assert first.first_decider == moderator.user
    assert events("appeal_filed") == 1


def test_nobody_appeals_for_somebody_else(ama, kossi, moderator):
    week = impose(ama.user, moderator.user)
    with pytest.raises(NotFound):
        appeal(kossi.user, week)
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    with pytest.raises(NotFound):  # nothing was done to her yet
        appeal(ama.user, waiting)
    assert not Appeal.objects.exists()


def test_uphold_leaves_everything_and_is_the_last_word(ama, moderator):
    [lead] = leads(1)
    week = impose(ama.user, moderator.user)
    row = answered(uphold_appeal, appeal(ama.user, week), lead)
    assert row.status == Appeal.Status.UPHELD
    assert not is_active(ama.user)
    assert Case.objects.get(queue="appeals").status == Case.Status.DECIDED
    assert events("appeal_decided") == 1
    with pytest.raises(AppealClosed):
        appeal(ama.user, week)


def test_overturn_lifts_the_sanction(ama, moderator):
    [lead] = leads(1)
    week = impose(ama.user, moderator.user)
    answered(overturn_appeal, appeal(ama.user, week), lead)
    week.refresh_from_db()
    assert (week.status, week.lifted_by) == (Sanction.Status.LIFTED, lead)
    assert is_active(ama.user)
    assert (events("appeal_decided"), events("sanction_ended")) == (1, 1)


def test_overturn_of_what_is_over_still_says_so(ama, moderator):
    [lead] = leads(1)
    week = impose(ama.user, moderator.user)
    row = appeal(ama.user, week)
    lift_sanction(sanction_id=week.pk, reason="Erreur", actor=lead, now=clock.now())
    assert answered(overturn_appeal, row, lead).status == Appeal.Status.OVERTURNED
    assert events("sanction_ended") == 1


def test_modify_puts_a_milder_one_in_its_place_with_both_names(ama, moderator):
    first, second = leads()
    heavy = ban(ama.user, moderator.user, first)
    answered(
        modify_appeal,
        appeal(ama.user, heavy),
        second,
        kind="suspend",
        days=90,
        notice="Trois mois, après votre recours.",
    )
    milder = Sanction.objects.get(replaces=heavy)
    assert (milder.kind, milder.status) == ("suspend", "active")
    assert (milder.decided_by, milder.second_by) == (moderator.user, second)
    assert milder.ends_at == milder.starts_at + timedelta(days=90)
    heavy.refresh_from_db()
    assert heavy.status == Sanction.Status.LIFTED
    assert not is_active(ama.user)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"kind": "ban", "days": None}, NotMilder),
        ({"kind": "suspend", "days": 7}, NotMilder),
        ({"kind": "suspend", "days": None}, NotMilder),
        ({"kind": "restrict", "days": 3, "notice": " "}, SanctionInvalid),
        ({"kind": "restrict", "days": None}, NotMilder),
        ({"kind": "restrict", "days": 8}, NotMilder),
        ({"kind": "warn", "days": 3}, SanctionInvalid),
    ],
)
def test_an_appeal_never_makes_it_worse(ama, moderator, values, refusal):
    [lead] = leads(1)
    week = impose(ama.user, moderator.user)
    row = appeal(ama.user, week)
    with pytest.raises(refusal):
        answered(modify_appeal, row, lead, **{"notice": "Texte", **values})
    row.refresh_from_db()
    assert row.status == Appeal.Status.OPEN
    assert Sanction.objects.count() == 1


def test_what_is_nearly_over_is_not_made_longer(ama, moderator):
    [lead] = leads(1)
    month = impose(ama.user, moderator.user, days=30)
    row = appeal(ama.user, month)
    late = month.starts_at + timedelta(days=29)
    with pytest.raises(NotMilder):
        answered(
            modify_appeal, row, lead, kind="suspend", days=29, notice="T", now=late
        )
    assert Sanction.objects.get().status == Sanction.Status.ACTIVE


def test_a_milder_kind_that_is_in_force_already_is_refused(ama, moderator):
    [lead] = leads(1)
    impose(ama.user, moderator.user, kind="restrict", days=3)
    week = impose(ama.user, moderator.user)
    row = appeal(ama.user, week)
    with pytest.raises(SanctionExists):
        answered(modify_appeal, row, lead, kind="restrict", days=3, notice="Texte")
    row.refresh_from_db()
    assert row.status == Appeal.Status.OPEN
    assert Sanction.objects.live().count() == 2


def test_whoever_reported_it_does_not_answer_the_appeal(ama, moderator):
    [lead, other] = leads()
    week = impose(ama.user, moderator.user)
    Report(
        reporter=lead, subject=week.case.subject, reason="scam", case=week.case
    ).save()
    row = appeal(ama.user, week)
    with pytest.raises(NotAllowed):
        answered(overturn_appeal, row, lead)
    row.refresh_from_db()
    assert (row.status, is_active(ama.user)) == (Appeal.Status.OPEN, False)
    answered(overturn_appeal, row, other)
    assert is_active(ama.user)


@pytest.mark.parametrize("service", [uphold_appeal, overturn_appeal])
def test_neither_the_decider_nor_the_second_person_answers(ama, service):
    first, second = leads()
    heavy = ban(ama.user, first, second)
    row = appeal(ama.user, heavy)
    for who in (first, second):
        with pytest.raises(OtherDecider):
            answered(service, row, who)
    row.refresh_from_db()
    assert row.status == Appeal.Status.OPEN
    assert not is_active(ama.user)


def test_the_queue_itself_does_not_let_them_either(ama):
    first, second = leads()
    row = appeal(ama.user, ban(ama.user, first, second))
    case = Case.objects.get(subject=f"appeal:{row.pk}")
    with pytest.raises(ConflictOfInterest):
        decide_case(
            case_id=case.pk,
            decision="closed",
            reason="fini",
            actor=first,
            now=clock.now(),
        )


def test_the_table_itself_refuses_the_first_decider(ama, moderator):
    row = appeal(ama.user, impose(ama.user, moderator.user))
    with pytest.raises(IntegrityError, match="other_decider"), transaction.atomic():
        Appeal.objects.filter(pk=row.pk).update(
            status="upheld",
            answer="non",
            decided_by=moderator.user,
            decided_at=clock.now(),
        )


def test_who_may_not_answer(ama, kossi, finance, moderator):
    row = appeal(ama.user, impose(ama.user, moderator.user))
    for nobody in (ama.user, kossi.user, finance.user):
        with pytest.raises(NotAllowed):
            answered(overturn_appeal, row, nobody)
    with pytest.raises(NotFound):
        answered(overturn_appeal, Appeal(id=uuid7()), moderator.user)
    assert not is_active(ama.user)


def test_after_half_a_year_it_is_too_late(ama, moderator):
    [lead] = leads(1)
    heavy = ban(ama.user, moderator.user, lead)
    late = heavy.starts_at + timedelta(days=181)
    with pytest.raises(AppealClosed):
        appeal(ama.user, heavy, now=late)
    appeal(ama.user, heavy, now=late - timedelta(days=1))


@pytest.fixture
def of_kossi(monkeypatch, kossi):
    """Notes are Kossi's."""
    mine = Parties(authors=frozenset({kossi.id}))
    monkeypatch.setitem(parties.PARTIES, "note", lambda _pk: mine)


def hidden(moderator, decision="hide"):
    case = open_case(
        kind="note_report",
        queue="reports",
        subject=f"note:{uuid7()}",
        title="Note signalée",
        evidence={},
        now=clock.now(),
    )
    return decide_case(
        case_id=case.pk,
        decision=decision,
        reason="Insultes",
        actor=moderator.user,
        now=clock.now(),
    )


def file(person, case):
    return appeal_case(
        person_id=person.pk, case_id=case.pk, words="Non", now=clock.now()
    )[0]


def test_an_author_appeals_against_what_was_hidden(of_kossi, ama, kossi, moderator):
    [lead] = leads(1)
    case = hidden(moderator)
    with pytest.raises(NotFound):
        file(ama.user, case)
    row = file(kossi.user, case)
    with pytest.raises(OtherDecider):
        answered(overturn_appeal, row, moderator.user)
    with pytest.raises(StateConflict):
        answered(modify_appeal, row, lead, kind="warn", days=None, notice="x")
    answered(overturn_appeal, row, lead)
    fact = OutboxEvent.objects.get(name="accounts.case_overturned")
    assert fact.payload["subject_ref"] == case.subject
    assert fact.payload["decision"] == "hide"


def test_what_was_left_alone_is_not_appealed(of_kossi, kossi, moderator):
    with pytest.raises(AppealClosed):
        file(kossi.user, hidden(moderator, "no_action"))


def test_a_case_that_nobody_decided_is_not_appealed(of_kossi, kossi, moderator):
    case = hidden(moderator)
    Case.objects.filter(pk=case.pk).update(decided_by=None)
    with pytest.raises(NotFound):
        file(kossi.user, case)


def test_two_deciders_at_once_one_answer(committed, ama, moderator):
    people = leads(2)
    row = appeal(ama.user, impose(ama.user, moderator.user))
    services = [uphold_appeal, overturn_appeal]
    results = race(2, lambda index: answered(services[index], row, people[index]))
    refused = [item for item in results if isinstance(item, TransitionRefused)]
    assert len(refused) == 1
    assert events("appeal_decided") == 1
    row.refresh_from_db()
    assert is_active(ama.user) is (row.status == Appeal.Status.OVERTURNED)


def test_without_the_lock_both_answers_are_written(committed, ama, moderator):
    """The control: both deciders read an open appeal."""
    from accounts.services.moderation.appeals import _decide

    people = leads(2)
    row = appeal(ama.user, impose(ama.user, moderator.user))
    seen = [Appeal.objects.get(pk=row.pk) for _ in people]
    actions = ["uphold", "overturn"]

    def unlocked(index):
        with transaction.atomic():
            _decide(seen[index], actions[index], "Oui", people[index], clock.now())

    race(2, unlocked)
    noted = StateChange.objects.filter(subject=f"appeal:{row.pk}").count()
    assert noted == 2


def test_filing_twice_at_once_is_one_appeal(committed, ama, moderator):
    week = impose(ama.user, moderator.user)
    results = race(4, lambda _index: appeal(ama.user, week).pk)
    assert len(set(results)) == 1
    assert Appeal.objects.count() == 1
