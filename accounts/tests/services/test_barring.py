"""A ban, a case and a sanction outlive the wish to be forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import BarredTrace, Case, IdentityCheck, Sanction, User
from accounts.services.identity.decisions import TwoReviewersNeeded
from accounts.services.moderation.barring import (
    KEPT,
    ban_behind_document,
    ban_behind_number,
    look_at_newcomer,
)
from accounts.services.moderation.cases import open_case
from accounts.services.moderation.sanctions import expire_sanctions
from accounts.services.privacy.erasure import carry_out_due, request_erasure
from accounts.tests.sanctioned import ban_without_case as ban
from accounts.tests.sanctioned import close, erase, impose, leads
from accounts.tests.services.test_identity_checks import accepted, submitted
from accounts.tests.sign_ins import answer
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.obstacles import obstacles_of
from lokahome.core.privacy.retention import run_retention
from lokahome.tests.people import make_person
from properties.tests import factories as homes

WEEK = timedelta(days=7)
NUMBER = "+2290197000001"


@pytest.fixture
def person(committed):
    """Return whom the staff look at."""
    return make_person(name="Ama Dossou", phone=NUMBER, roles=("tenant",))


def test_a_sanction_is_not_washed_off(person):
    first, _second = leads()
    assert impose(person, first, kind="warn", days=None, case_id=None)
    assert obstacles_of(person.pk) == [], "a warning has no end to wait for"
    for kind in ("restrict", "suspend"):
        impose(person, first, kind=kind, days=7)
        case = Case.objects.open().get()
        assert obstacles_of(person.pk) == ["sanction.live", "case.open"]
        close(case)
        assert obstacles_of(person.pk) == ["sanction.live"]
        assert expire_sanctions(now=clock.now() + timedelta(days=8)) == 1
        assert obstacles_of(person.pk) == []
    impose(person, first, kind="ban", days=None, case_id=None)
    assert obstacles_of(person.pk) == ["sanction.live"], "it waits for its second"


def test_a_restriction_that_comes_in_the_seven_days_holds_it_up(person):
    """The scammer's race: ask at the first report, be gone before anybody decides."""
    asked = request_erasure(person_id=person.pk, now=clock.now())
    assert asked.status == "scheduled"
    impose(person, leads()[0], kind="restrict", days=7, case_id=None)
    assert carry_out_due(now=clock.now() + WEEK) == 0
    asked.refresh_from_db()
    assert (asked.status, asked.obstacles) == ("requested", ["sanction.live"])
    person.refresh_from_db()
    assert (person.full_name, person.erased_at) == ("Ama Dossou", None)
    assert person.phones.filter(number=NUMBER, released_at=None).exists()


def test_an_open_case_about_oneself_or_ones_words_is_waited_for(person, kossi):
    listing = homes.published(kossi.user)
    values = {"kind": "listing_report", "queue": "reports", "title": "x"}
    for who, subject in (
        (person, f"user:{person.pk}"),
        (kossi.user, f"listing:{listing.pk}"),
    ):
        assert "case.open" not in obstacles_of(who.pk)
        case = open_case(subject=subject, evidence={}, now=clock.now(), **values)
        assert "case.open" in obstacles_of(who.pk)
        assert "case.open" not in obstacles_of(make_other().pk)
        close(case)
        assert "case.open" not in obstacles_of(who.pk)


def make_other() -> User:
    return User.objects.create_person()


def test_a_ban_leaves_digests_and_nothing_that_names_anybody(person, identity_checker):
    check = accepted(submitted(person), identity_checker.user)
    refused = submitted(person, document_kind="ifu", number="3201900000018")
    digest = check.number_digest
    banned = ban(person, *leads())
    erase(person)
    traces = BarredTrace.objects.order_by("kind")
    assert [(row.kind, row.sanction_id) for row in traces] == [
        ("document", banned.pk),
        ("phone", banned.pk),
    ]
    assert traces[0].digest == digest
    assert {len(row.digest) for row in traces} == {64}
    check.refresh_from_db()
    refused.refresh_from_db()
    assert (check.number, check.number_digest) == ("", "")
    assert refused.number_digest == "", "what nobody accepted leaves none"
    assert AuditEvent.objects.get(action="sanction.traces_kept").details["count"] == 2
    shown = str(copy_of(person.pk))
    assert not any(row.digest in shown for row in traces)


def test_whoever_was_not_banned_leaves_none(person):
    impose(person, leads()[0], kind="warn", days=None, case_id=None)
    erase(person)
    assert not BarredTrace.objects.exists()
    newcomer = answer(NUMBER).user
    assert newcomer.pk != person.pk
    assert not Case.objects.exists()


def test_a_barred_number_signs_up_and_somebody_looks(person):
    banned = ban(person, *leads())
    erase(person)
    entered = answer(NUMBER)
    assert entered.is_new, "operators give numbers to other people"
    assert entered.user.is_active
    case = Case.objects.open().get()
    assert (case.kind, case.queue, case.subject) == (
        "barred_number",
        "reports",
        f"user:{entered.user.pk}",
    )
    assert case.evidence == {"sanction_id": str(banned.pk)}
    assert NUMBER not in f"{case.title} {case.evidence}"
    assert obstacles_of(entered.user.pk) == ["case.open"], "and not again so soon"
    answer("+2290197000055")
    assert Case.objects.open().count() == 1, "the control: another number"


@pytest.mark.parametrize("kind", ["restrict", "warn"])
def test_a_restriction_is_not_left_behind_with_its_account(person, kind):
    days = 7 if kind == "restrict" else None
    made = impose(person, leads()[0], kind=kind, days=days, case_id=None)
    person.phones.update(released_at=clock.now(), release_reason="taken_over")
    entered = answer(NUMBER)
    assert entered.is_new
    cases = Case.objects.filter(subject=f"user:{entered.user.pk}")
    told = [case.evidence["sanction_id"] for case in cases]
    assert told == ([str(made.pk)] if kind == "restrict" else [])


def test_a_barred_document_takes_two(person, identity_checker):
    accepted(submitted(person), identity_checker.user)
    ban(person, *leads())
    erase(person)
    newcomer = make_person(name="Ama D.", phone="+2290197000055", roles=("tenant",))
    again = submitted(newcomer)
    assert ban_behind_document(again, now=clock.now()) is not None
    with pytest.raises(TwoReviewersNeeded):
        accepted(again, identity_checker.user)
    again.refresh_from_db()
    assert again.status == IdentityCheck.Status.SUBMITTED
    BarredTrace.objects.all().delete()
    assert accepted(again, identity_checker.user).status == "accepted", "the control"


@pytest.mark.parametrize("end", ["lifted", "old"])
def test_traces_end_with_the_ban_and_after_five_years(person, end):
    banned = ban(person, *leads())
    erase(person)
    trace, now = BarredTrace.objects.get(), clock.now()
    assert ban_behind_number(NUMBER, now=now) == banned.pk
    run_retention(now=now)
    assert BarredTrace.objects.filter(pk=trace.pk).exists()
    if end == "lifted":
        Sanction.objects.filter(pk=banned.pk).update(
            status="lifted", lifted_at=now, lift_reason="À tort."
        )
    else:
        assert trace.ends_at >= now + KEPT - timedelta(minutes=1)
        now = trace.ends_at
    assert ban_behind_number(NUMBER, now=now) is None
    assert look_at_newcomer(person_id=person.pk, number=NUMBER, now=now) is None
    run_retention(now=now)
    assert not BarredTrace.objects.filter(pk=trace.pk).exists()
