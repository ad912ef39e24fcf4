"""The claims about people and cases hold, and find what would refute them."""

from datetime import timedelta

import pytest

from accounts.models import Case, IdentityCheck, Report, RoleGrant, Session, User
from accounts.services.moderation.cases import decide_case, open_case
from accounts.tests.sanctioned import appeal, impose
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.core.invariants import INVARIANTS, check_invariants

OPEN = "report.open_while_its_case_is"
HATS = "identity.levels_rest_on_documents"
SUSPICIONS = "identity.suspected_has_open_case"


@pytest.fixture
def report(ama):
    """A report in an open case."""
    subject = f"listing:{uuid7()}"
    case = open_case(
        kind="listing_report",
        queue="reports",
        subject=subject,
        title="Annonce signalée",
        evidence={},
        now=clock.now(),
    )
    row = Report(reporter=ama.user, subject=subject, reason="scam", case=case)
    row.save()
    return row


def test_reports_are_open_as_long_as_their_case(report):
    assert check_invariants([OPEN]) == []
    decide_case(
        case_id=report.case_id,
        decision="no_action",
        reason="Rien à redire",
        actor=None,
        now=clock.now(),
    )
    assert check_invariants([OPEN]) == []


@pytest.mark.parametrize("forgotten", ["report", "case"])
def test_a_report_that_outlives_its_case_is_found(report, forgotten):
    if forgotten == "report":
        values = {"status": "decided", "decision": "x", "reason": "x"}
        Case.objects.update(**values, decided_at=clock.now())
    else:
        Report.objects.update(closed_at=clock.now())
    [found] = check_invariants([OPEN])
    assert found.row[0] == str(report.pk)


def test_a_hat_that_was_not_raised_is_found(ama, moderator):
    check = IdentityCheck(
        person=ama.user,
        purpose="identity",
        document_kind="cip",
        upload_id=uuid7(),
        status="accepted",
        decided_by=moderator.user,
        decided_at=clock.now(),
    )
    check.save()
    hat = str(RoleGrant.objects.get(user=ama.user).pk)
    [found] = check_invariants([HATS])
    assert found.row == (hat, "tenant", 0)
    RoleGrant.objects.filter(user=ama.user).update(level=1)
    assert check_invariants([HATS]) == []
    RoleGrant.objects.filter(user=ama.user).update(level=2)
    assert [item.row[0] for item in check_invariants([HATS])] == [hat]
    RoleGrant.objects.filter(user=ama.user).update(level=1)
    IdentityCheck.objects.filter(pk=check.pk).update(document_kind="voter_card")
    assert [item.row[0] for item in check_invariants([HATS])] == [hat]


def test_a_suspicion_without_its_case_is_found(ama, moderator):
    check = IdentityCheck(
        person=ama.user,
        purpose="identity",
        document_kind="cip",
        upload_id=uuid7(),
        status="suspected",
        reason="x",
        suspected_by=moderator.user,
    )
    check.save()
    [found] = check_invariants([SUSPICIONS])
    assert found.row[0] == str(check.pk)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sanction.closes_while_it_lasts", {"is_active": True}),
        ("sanction.restricts_while_it_lasts", {"is_restricted": True}),
    ],
)
def test_an_account_that_stands_otherwise_than_its_sanctions_is_found(
    ama, moderator, name, changes
):
    impose(ama.user, moderator.user)
    standing = [
        item for item in INVARIANTS if item.startswith(("sanction.", "appeal."))
    ]
    assert check_invariants(standing) == []
    User.objects.filter(pk=ama.id).update(**changes)
    [found] = check_invariants([name])
    assert found.row[0] == str(ama.id)


def test_a_sanction_that_outlives_its_time_is_found(ama, moderator):
    week = impose(ama.user, moderator.user, now=clock.now() - timedelta(days=8))
    [found] = check_invariants(["sanction.ends_in_time"])
    assert found.row[0] == str(week.pk)


def test_a_session_beside_a_suspension_is_found(ama, moderator):
    impose(ama.user, moderator.user)
    Session.objects.filter(user=ama.user).update(ended_at=None, end_reason="")
    [found] = check_invariants(["sanction.closed_has_no_session"])
    assert found.invariant == "sanction.closed_has_no_session"


def test_an_appeal_that_outlives_its_case_is_found(ama, moderator):
    row = appeal(ama.user, impose(ama.user, moderator.user))
    values = {"status": "decided", "decision": "x", "reason": "x"}
    Case.objects.update(**values, decided_at=clock.now())
    [found] = check_invariants(["appeal.open_while_its_case_is"])
    assert found.row[0] == str(row.pk)
