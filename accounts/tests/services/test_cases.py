"""Cases: one open a question, decided once, with a reason, by who may."""

import pytest

from accounts.models import Case
from accounts.services.moderation.cases import ReasonMissing, decide_case, open_case
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotAllowed, StaleVersion
from lokahome.core.events.models import OutboxEvent
from lokahome.core.states import TransitionRefused
from lokahome.tests.threads import race


def opened(**kwargs):
    return open_case(
        **{
            "kind": "amount_mismatch",
            "queue": "payments",
            "subject": "charge:1",
            "title": "Montant différent",
            "evidence": {"expected": 100, "found": 90},
            "now": clock.now(),
            **kwargs,
        }
    )


def decided(case, actor, **kwargs):
    return decide_case(
        **{
            "case_id": case.pk,
            "decision": "closed",
            "reason": "Vérifié avec l’opérateur",
            "actor": actor,
            "now": clock.now(),
            **kwargs,
        }
    )


def events(name):
    return OutboxEvent.objects.filter(name=f"accounts.{name}").count()


def test_opening_the_same_question_twice_finds_the_open_case(db):
    assert opened().pk == opened().pk
    assert events("case_opened") == 1


def test_two_kinds_about_one_subject_are_two_cases(db):
    assert opened().pk != opened(kind="unknown_reference").pk


def test_a_decided_question_may_be_opened_again(db, finance):
    first = opened()
    decided(first, finance.user)
    assert opened().pk != first.pk


def test_a_decision_is_written_with_who_why_and_when(db, finance):
    case = decided(opened(), finance.user)
    assert (case.status, case.decided_by) == ("decided", finance.user)
    step = StateChange.objects.get(subject=f"case:{case.pk}")
    assert (step.source, step.target, step.actor_id) == (
        "open",
        "decided",
        finance.user.pk,
    )
    assert events("case_decided") == 1


def test_the_system_may_decide_when_the_question_went_away(db):
    case = decided(opened(), None, decision="resolved", reason="Confirmé entre-temps")
    assert (case.status, case.decided_by) == ("decided", None)


@pytest.mark.parametrize("who", ["moderator", "operator", "ama"])
def test_who_may_not_decide_the_queue_changes_nothing(db, request, who):
    case = opened()
    with pytest.raises(NotAllowed):
        decided(case, request.getfixturevalue(who).user)
    case.refresh_from_db()
    assert (case.status, case.version) == ("open", 1)
    assert events("case_decided") == 0


def test_a_decision_without_a_reason_changes_nothing(db, finance):
    case = opened()
    with pytest.raises(ReasonMissing):
        decided(case, finance.user, reason="  ")
    case.refresh_from_db()
    assert case.status == "open"


def test_a_decision_about_a_past_version_changes_nothing(db, finance):
    case = opened()
    with pytest.raises(StaleVersion):
        decided(case, finance.user, version=case.version + 1)
    case.refresh_from_db()
    assert case.status == "open"


def test_a_case_is_decided_once(db, finance):
    case = opened()
    decided(case, finance.user)
    with pytest.raises(TransitionRefused):
        decided(case, finance.user)
    assert events("case_decided") == 1


def test_the_same_question_twenty_times_at_once_opens_one_case(committed):
    results = race(20, lambda _: opened().pk)
    assert len(set(results)) == 1
    assert Case.objects.count() == 1
    assert events("case_opened") == 1
