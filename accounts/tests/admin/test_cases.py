"""Queues of cases: each with its answers, oldest first, the next one after each."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from accounts.admin import case_views
from accounts.models import Case, Report
from accounts.services.moderation.cases import open_case
from accounts.services.moderation.reportables import REPORTABLES, Reportable
from accounts.services.moderation.reports import file_report
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person, make_staff

CASES = "/admin/accounts/case/"


@pytest.fixture(autouse=True)
def things(monkeypatch):
    thing = Reportable("thing", lambda who, pk: {"author_id": str(who.pk)}, "Chose")
    monkeypatch.setitem(REPORTABLES, "thing", thing)


@pytest.fixture
def case_view(monkeypatch):
    """Register pages for this test alone."""
    monkeypatch.setattr(case_views, "VIEWS", {})
    return case_views.register_case_view


def reported(person, subject=None, **values):
    values = {"reason": "scam", "now": clock.now(), **values}
    subject = subject or f"thing:{uuid7()}"
    return file_report(reporter=person, subject=subject, **values)[0].case


def opened(queue="payments", **values):
    return open_case(
        **{
            "kind": "some_kind",
            "queue": queue,
            "subject": f"charge:{uuid7()}",
            "title": "Un dossier",
            "evidence": {},
            "now": clock.now(),
            **values,
        }
    )


def page_of(client, case):
    answer = client.get(f"{CASES}{case.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def decided(client, case, decision, reason="Vu", version=None):
    url = reverse("admin:accounts_case_decide", args=[case.pk, decision])
    body = {"version": version or case.version, "reason": reason}
    return client.post(url, body, format="multipart")


@pytest.mark.parametrize("decision", ["no-action", "hide"])
def test_a_report_is_answered_in_its_own_words(moderator, ama, decision):
    case = reported(ama.user)
    page = page_of(moderator, case)
    assert "Sans suite" in page
    assert "Masquer" in page
    assert "close-" not in page
    decided(moderator, case, decision, "Rien d’interdit.")
    case.refresh_from_db()
    assert (case.status, case.decision) == ("decided", decision.replace("-", "_"))
    assert case.reason == "Rien d’interdit."
    assert not Report.objects.open().exists()
    deed = AuditEvent.objects.get(subject=f"case:{case.pk}")
    assert (deed.action, deed.actor_id) == (f"accounts.case.{decision}", moderator.id)


@pytest.mark.parametrize("queue", ["disputes", "payments"])
def test_the_other_queues_are_closed_and_not_hidden(db, queue):
    client = make_staff("both", "moderator", "finance_maker")
    case = opened(queue)
    page = page_of(client, case)
    assert "Clore" in page
    assert "Masquer" not in page
    for decision in ("hide", "no-action", "close-identities"):
        decided(client, case, decision)
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    decided(client, case, f"close-{queue}")
    case.refresh_from_db()
    assert case.decision == "closed"


@pytest.mark.parametrize("who", ["finance", "checker", "operator"])
@pytest.mark.parametrize("decision", ["no-action", "hide"])
def test_staff_of_other_queues_answer_no_report(request, ama, who, decision):
    case = reported(ama.user)
    client = request.getfixturevalue(who)
    assert decided(client, case, decision).status_code == 403
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    assert Report.objects.open().count() == 1


@pytest.mark.parametrize("who", ["anonymous", "ama"])
def test_only_staff_answer(request, kossi, who):
    case = reported(kossi.user)
    answer = decided(request.getfixturevalue(who), case, "hide")
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN


def test_an_answer_without_a_reason_or_to_a_past_version_changes_nothing(
    moderator, ama
):
    case = reported(ama.user)
    decided(moderator, case, "hide", reason="  ")
    decided(moderator, case, "hide", version=case.version + 3)
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    assert Report.objects.open().count() == 1


def test_a_link_opens_one_queue_under_its_name(moderator, ama):
    report, other = reported(ama.user), opened("disputes")
    page = moderator.get(CASES, {"queue": "reports"}).content.decode()
    assert report.subject in page
    assert other.subject not in page
    assert "<h1" in page
    assert "Signalements" in page
    everything = moderator.get(CASES).content.decode()
    assert other.subject in everything


def test_a_queue_that_does_not_exist_is_no_error(moderator):
    answer = moderator.get(CASES, {"queue": "nonsense"}, follow=True)
    assert answer.status_code == 200


def test_the_oldest_comes_first_and_next_stays_in_the_queue(moderator, ama):
    now = clock.now()
    late = reported(ama.user, now=now)
    early = reported(ama.user, now=now - timedelta(hours=2))
    opened("disputes", now=now - timedelta(hours=9))
    page = moderator.get(CASES, {"queue": "reports"}).content.decode()
    assert page.index(early.subject) < page.index(late.subject)
    middle = reported(ama.user, now=now - timedelta(hours=1))
    assert str(middle.pk) in decided(moderator, early, "no-action")["Location"]
    assert str(late.pk) in decided(moderator, middle, "no-action")["Location"]
    last = decided(moderator, late, "no-action")["Location"]
    assert last == f"{CASES}?queue=reports"


def test_reports_are_read_on_the_page_by_who_may_see_reports(moderator, finance, ama):
    case = reported(ama.user, detail="<b>Photos volées</b>", reason="false")
    page = page_of(moderator, case)
    assert "&lt;b&gt;Photos volées" in page
    assert "Informations fausses" in page
    assert "A. D." in page
    assert "Ama Dossou" not in page
    assert "Photos volées" not in page_of(finance, case)


def test_thirty_reports_cost_no_more_queries_than_one(
    moderator, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    subject = f"thing:{uuid7()}"
    people = [
        make_person(name=f"P {n}", phone=f"+2290197400{n:03d}", roles=("tenant",))
        for n in range(30)
    ]
    case = reported(people[0], subject)
    page_of(moderator, case)
    with CaptureQueriesContext(connection) as one:
        page_of(moderator, case)
    for person in people[1:]:
        reported(person, subject)
    with django_assert_num_queries(len(one)):
        assert "30 signalements" in page_of(moderator, case)
    assert len(one) <= 16


def test_the_list_shows_how_many_reported_it_in_few_queries(
    moderator, ama, django_assert_max_num_queries
):
    for _ in range(20):
        reported(ama.user)
    with django_assert_max_num_queries(14):
        moderator.get(CASES, {"queue": "reports"})


def test_evidence_is_in_words(moderator, ama):
    case = opened(
        evidence={
            "landlord_id": str(ama.id),
            "rent": 35_000,
            "currency": "XOF",
            "is_new": True,
            "seen_at": "2026-11-23T12:00:00+00:00",
            "nobody_id": None,
            "ours": {"amount": 35_000, "currency": "XOF", "status": "pending"},
            "gateway": {"amount": 30_000, "currency": "XOF"},
        }
    )
    page = page_of(moderator, case)
    for words in (
        "Propriétaire",
        f"/admin/accounts/user/{ama.id}/change/",
        "35\u202f000\u00a0F\u00a0CFA",
        "30\u202f000\u00a0F\u00a0CFA",
        "23 novembre 2026 à 13:00",
        "Chez nous",
        "Passerelle",
        "oui",
    ):
        assert escape(words) in page, words
    assert str(ama.id) not in page.replace(f"user/{ama.id}", "")


@pytest.mark.parametrize(
    "evidence",
    [
        {"amount": "x", "currency": "XOF"},
        {"amount": 5, "currency": "???"},
        {"payer_id": "not an id"},
        {"seen_at": "yesterday"},
        {"ours": None, "gateway": {}},
        {"lines": [1, {"a": 2}]},
        {"text": "<script>alert(1)</script>"},
    ],
)
def test_whatever_the_evidence_the_page_opens_and_is_escaped(moderator, evidence):
    assert "<script>alert(1)" not in page_of(moderator, opened(evidence=evidence))


def test_a_page_of_another_app_is_linked_with_the_cases_id(moderator, ama, case_view):
    case_view("thing", lambda case, pk: f"/there/{pk}?case={case.pk}", label="Voir")
    case = reported(ama.user)
    thing = case.subject.partition(":")[2]
    assert f'href="/there/{thing}?case={case.pk}">Voir</a>' in page_of(moderator, case)
    with pytest.raises(TypeError):
        case_view("thing", lambda case, pk: None)


def test_a_link_is_for_who_may_open_the_page(moderator, finance, ama, case_view):
    case_view(
        "thing", lambda case, pk: "/there", permission="accounts.decide_reports_case"
    )
    case = reported(ama.user)
    assert 'href="/there"' in page_of(moderator, case)
    assert 'href="/there"' not in page_of(finance, case)


def test_what_is_decided_on_another_page_is_not_closed_here(moderator, case_view):
    case_view("job", lambda case, pk: "/there", decides=("job_dispute",))
    elsewhere = opened("disputes", kind="job_dispute", subject=f"job:{uuid7()}")
    here = opened("disputes", kind="other", subject=f"job:{uuid7()}")
    page = page_of(moderator, elsewhere)
    assert "Ce dossier se décide sur la page de l’objet." in page
    assert "Clore" not in page
    for case in (elsewhere, here):
        decided(moderator, case, "close-disputes")
        case.refresh_from_db()
    assert (elsewhere.status, here.status) == ("open", "decided")


def test_a_subject_that_is_no_id_has_no_link(moderator, case_view):
    case_view("charge", lambda case, pk: "/there")
    assert 'href="/there"' not in page_of(moderator, opened(subject="charge:12"))


def test_a_reported_listing_is_one_click_away(moderator, ama, kossi):
    from properties.tests import factories as make

    listing = make.published(kossi.user)
    case = reported(ama.user, f"listing:{listing.pk}")
    page = page_of(moderator, case)
    assert f"/admin/properties/listing/{listing.pk}/change/" in page
    assert "K. H." in page
