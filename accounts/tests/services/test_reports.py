"""Reports: many people, one question, one answer that closes them all."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from accounts.models import Case, Report
from accounts.queries.moderation import answer_of, reporters_of
from accounts.services.moderation import cases, reports
from accounts.services.moderation.cases import decide_case
from accounts.services.moderation.reportables import (
    REPORTABLES,
    Reportable,
    register_reportable,
)
from accounts.services.moderation.reports import PER_DAY, DetailMissing, file_report
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.limits import RateWindow
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race

# Fixed: it is part of a test's name, the same in every process.
THING = UUID("01a208ce-0000-7000-8000-000000000002")
SUBJECT = f"thing:{THING}"


@pytest.fixture(autouse=True)
def things(monkeypatch):
    """Let things be reported; return the set of those who cannot see the thing."""
    blind: set[UUID] = set()

    def find(reporter, thing_id):
        return None if reporter.pk in blind else {"thing_id": str(thing_id)}

    monkeypatch.setitem(REPORTABLES, "thing", Reportable("thing", find, "Chose"))
    return blind


def people(count):
    return [
        make_person(name=f"P {n}", phone=f"+22901971{n:05d}", roles=("tenant",))
        for n in range(count)
    ]


def filed(reporter, subject=SUBJECT, **values):
    values = {"reason": "scam", "now": clock.now(), **values}
    return file_report(reporter=reporter, subject=subject, **values)


def decided(case, actor, decision="no_action", **values):
    return decide_case(
        **{
            "case_id": case.pk,
            "decision": decision,
            "reason": "Rien à redire",
            "actor": actor,
            "now": clock.now(),
            **values,
        }
    )


def nothing_happened():
    assert not Report.objects.exists()
    assert not Case.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert not RateWindow.objects.exists()


def test_the_first_report_opens_a_case_with_the_evidence(ama):
    report, is_new = filed(ama.user, detail=" Prix trop beau ")
    assert is_new
    case = report.case
    assert (case.queue, case.kind, case.subject) == ("reports", "thing_report", SUBJECT)
    assert (case.title, case.evidence) == ("Chose", {"thing_id": str(THING)})
    assert (report.detail, report.closed_at) == ("Prix trop beau", None)
    assert OutboxEvent.objects.get().name == "accounts.case_opened"


def test_what_people_write_is_in_no_event(ama):
    filed(ama.user, detail="Il s’appelle Koffi, 97 00 00 00")
    assert "Koffi" not in str(OutboxEvent.objects.get().payload)


@pytest.mark.parametrize(
    "subject",
    ["nothing:" + str(THING), "thing:1", "thing", ":", "", "thing:" + "x" * 36],
)
def test_what_cannot_be_reported_is_not_found_and_nothing_is_stored(ama, subject):
    with pytest.raises(NotFound):
        filed(ama.user, subject)
    nothing_happened()


def test_what_one_may_not_see_is_not_found_and_nothing_is_stored(ama, things):
    things.add(ama.id)
    with pytest.raises(NotFound):
        filed(ama.user)
    nothing_happened()


def test_another_reason_has_to_be_told(ama):
    with pytest.raises(DetailMissing):
        filed(ama.user, reason="other", detail="  ")
    nothing_happened()
    filed(ama.user, reason="other", detail="Odeur de gaz")


def test_reporting_again_finds_the_open_report(ama):
    first, _ = filed(ama.user)
    again, is_new = filed(ama.user, f"thing:{str(THING).upper()}", reason="danger")
    assert (again.pk, again.reason, is_new) == (first.pk, "scam", False)
    assert Report.objects.count() == 1


def test_thirty_people_are_one_case_and_one_decision_closes_all(db, moderator):
    those = people(30)
    for person in those:
        filed(person)
    case = Case.objects.get()
    assert case.reports.open().count() == 30
    decided(case, moderator.user)
    assert case.reports.open().count() == 0
    assert reporters_of(case.pk) == [person.pk for person in those]
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert sorted(names) == ["accounts.case_decided", "accounts.case_opened"]


def test_a_decision_closes_the_reports_of_its_case_alone(ama, moderator):
    first, _ = filed(ama.user)
    other, _ = filed(ama.user, f"thing:{uuid7()}")
    decided(first.case, moderator.user)
    first.refresh_from_db()
    other.refresh_from_db()
    assert first.closed_at is not None
    assert other.closed_at is None


def test_after_the_answer_the_same_person_may_ask_anew(ama, moderator):
    first, _ = filed(ama.user)
    decided(first.case, moderator.user)
    second, is_new = filed(ama.user)
    assert is_new
    assert second.case_id != first.case_id


def test_a_clock_that_was_read_before_the_report_came_closes_it_all_the_same(
    ama, moderator
):
    report, _ = filed(ama.user)
    early = report.created_at - timedelta(seconds=2)
    decided(report.case, moderator.user, now=early)
    report.refresh_from_db()
    assert report.closed_at == report.created_at


@pytest.mark.parametrize("who", ["finance", "checker", "operator", "ama"])
def test_who_may_not_decide_closes_no_report(request, kossi, who):
    report, _ = filed(kossi.user)
    with pytest.raises(NotAllowed):
        decided(report.case, request.getfixturevalue(who).user)
    report.refresh_from_db()
    report.case.refresh_from_db()
    assert (report.closed_at, report.case.status) == (None, "open")


def test_the_answer_is_read_by_the_cases_id(ama, moderator):
    report, _ = filed(ama.user)
    assert answer_of(report.case_id) is None
    decided(report.case, moderator.user, "hide")
    answer = answer_of(report.case_id)
    assert (answer.decision, answer.reason) == ("hide", "Rien à redire")
    assert answer.decided_by_id == moderator.id
    assert reporters_of(uuid7()) == []


def test_one_person_reports_so_many_things_a_day(ama):
    now = clock.now()
    for _ in range(PER_DAY):
        filed(ama.user, f"thing:{uuid7()}", now=now)
    with pytest.raises(RateLimited):
        filed(ama.user, now=now)
    assert Report.objects.count() == Case.objects.count() == PER_DAY
    filed(ama.user, now=now + timedelta(days=1, seconds=1))


def test_a_noun_has_one_finder(monkeypatch):
    monkeypatch.setattr(reports, "REPORTABLES", REPORTABLES)
    known = REPORTABLES["thing"]
    register_reportable("thing", known.find, title="Chose")
    with pytest.raises(TypeError):
        register_reportable("thing", lambda reporter, thing_id: None)
    assert REPORTABLES["thing"] is known


# --- Races: threads, real commits ---------------------------------------------------------


def test_twelve_people_at_once_are_one_case_with_twelve_reports(committed):
    those = people(12)
    results = race(12, lambda index: filed(those[index]))
    assert all(isinstance(item, tuple) for item in results), results
    assert Case.objects.count() == 1
    assert Report.objects.open().count() == 12


def test_one_person_ten_times_at_once_is_one_report(committed):
    [person] = people(1)
    results = race(10, lambda _: filed(person))
    assert all(isinstance(item, tuple) for item in results), results
    assert sum(is_new for _report, is_new in results) == 1
    assert Report.objects.count() == 1


def test_two_decisions_at_once_are_one(committed):
    [person] = people(1)
    case = filed(person)[0].case
    staff = [make_staff(f"moderator{n}", "moderator").user for n in range(2)]
    results = race(2, lambda index: decided(case, staff[index]))
    refused = [item for item in results if isinstance(item, TransitionRefused)]
    assert len(refused) == 1, results
    assert OutboxEvent.objects.filter(name="accounts.case_decided").count() == 1


def report_while_decided(monkeypatch, lock):
    """Report once more between the look at the open case and its lock, decided then."""
    first, second = people(2)
    case = filed(first)[0].case
    actor = make_staff("moderator", "moderator").user
    opened = cases.open_case

    def then_decided(**values):
        found = opened(**values)
        monkeypatch.setattr(reports, "open_case", opened)
        thread = threading.Thread(
            target=lambda: race(1, lambda _: decided(case, actor))
        )
        thread.start()
        thread.join(30)
        return found

    monkeypatch.setattr(reports, "open_case", then_decided)
    monkeypatch.setattr(reports, "locked", lock)
    report, _ = filed(second)
    return report


def test_a_report_that_meets_the_decision_opens_a_new_case(committed, monkeypatch):
    report = report_while_decided(monkeypatch, reports.locked)
    assert report.case.status == Case.Status.OPEN
    assert Case.objects.count() == 2


def test_control_without_the_lock_it_would_hang_on_the_decided_case(
    committed, monkeypatch
):
    """The meeting above is real: the case as it was first read looks open still."""

    def as_read(queryset, pk):
        return queryset.model(pk=pk, status=Case.Status.OPEN)

    report = report_while_decided(monkeypatch, as_read)
    report.refresh_from_db()
    assert report.case.status == Case.Status.DECIDED
    assert report.closed_at is None


def test_whoever_reported_a_thing_does_not_judge_it(ama):
    judge = make_staff("judge", "moderator").user
    case = filed(ama.user)[0].case
    filed(judge)
    with pytest.raises(NotAllowed):
        decide_case(
            case_id=case.pk,
            decision="hide",
            reason="Vu.",
            actor=judge,
            now=clock.now(),
        )
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    assert Report.objects.open().count() == 2
