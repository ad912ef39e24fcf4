"""Reporting over HTTP: what one sees, once, with a key."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Case, Report
from accounts.services.moderation.cases import open_case
from lokahome.core import clock
from lokahome.core.events.base import EVENTS
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.events.subscribers import SUBSCRIBERS
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person, sign_in
from properties.tests import factories as make

REPORTS = "/api/v1/reports"


@pytest.fixture
def listing(kossi):
    return make.published(kossi.user)


def report(client, subject, key=None, **body):
    return client.post(
        REPORTS,
        {"subject": subject, "reason": "scam", **body},
        headers={"Idempotency-Key": str(key or uuid4())},
    )


def nothing_stored():
    assert not Report.objects.exists()
    assert not Case.objects.exists()


def test_a_listing_is_reported(ama, listing):
    answer = report(ama, f"listing:{listing.pk}", detail="Déjà loué")
    assert answer.status_code == 201
    body = answer.json()
    assert body["subject"] == f"listing:{listing.pk}"
    assert (body["reason"], body["is_closed"]) == ("scam", False)
    assert ama.get(answer["Location"]).json() == body
    case = Case.objects.get()
    assert (case.title, case.queue) == ("Annonce signalée", "reports")
    assert case.evidence["landlord_id"] == str(listing.landlord_id)
    assert "Déjà" not in str(case.evidence)


def test_the_same_key_is_one_report_and_another_key_finds_it(ama, listing):
    key = uuid4()
    first = report(ama, f"listing:{listing.pk}", key)
    again = report(ama, f"listing:{listing.pk}", key)
    assert again["Idempotency-Replayed"] == "true"
    other = report(ama, f"listing:{listing.pk}")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 200)
    assert first.json()["id"] == again.json()["id"] == other.json()["id"]
    assert Report.objects.count() == 1


def test_a_report_without_a_key_is_refused(ama, listing):
    body = {"subject": f"listing:{listing.pk}", "reason": "scam"}
    answer = ama.post(REPORTS, body)
    assert (answer.status_code, answer.json()["code"]) == (
        400,
        "idempotency.key_missing",
    )
    nothing_stored()


def test_visitors_report_nothing(anonymous, listing):
    assert report(anonymous, f"listing:{listing.pk}").status_code == 401
    assert anonymous.get(REPORTS).status_code == 401
    nothing_stored()


@pytest.mark.parametrize("state", ["draft", "unknown", "own"])
def test_what_one_cannot_see_or_owns_is_not_found_and_nothing_is_stored(
    ama, kossi, state
):
    subject, who = {
        "draft": lambda: (make.submitted(kossi.user).pk, ama),
        "unknown": lambda: (uuid7(), ama),
        "own": lambda: (make.published(kossi.user).pk, kossi),
    }[state]()
    answer = report(who, f"listing:{subject}")
    assert (answer.status_code, answer.json()["code"]) == (404, "resource.not_found")
    nothing_stored()


@pytest.mark.parametrize(
    "body",
    [
        {"subject": "listing"},
        {"subject": "listing:1"},
        {"subject": ["listing"]},
        {"subject": "listing:" + "g" * 36},
        {"reason": "because"},
        {"reason": None},
        {"detail": "x" * 1001},
        {"detail": "a\x00b"},
        {"reason": "other"},
    ],
)
def test_bad_values_are_refused_and_nothing_is_stored(ama, listing, body):
    answer = ama.post(
        REPORTS,
        {"subject": f"listing:{listing.pk}", "reason": "scam", **body},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code in {400, 422}
    nothing_stored()


def test_everybody_reads_their_own_reports_only(ama, kossi, stranger, moderator):
    listing = make.published(kossi.user)
    mine = report(ama, f"listing:{listing.pk}")
    assert [row["id"] for row in ama.get(REPORTS).json()["data"]] == [mine.json()["id"]]
    for other in (kossi, stranger):
        assert other.get(REPORTS).json()["data"] == []
        assert other.get(mine["Location"]).status_code == 404
    assert moderator.get(REPORTS).status_code == 401


def test_the_list_costs_a_constant_number_of_queries(
    ama, kossi, django_assert_max_num_queries
):
    for index in range(25):
        subject = f"listing:{uuid7()}"
        case = open_case(
            kind="listing_report",
            queue="reports",
            subject=subject,
            title=f"{index}",
            evidence={},
            now=clock.now(),
        )
        Report(reporter=ama.user, subject=subject, reason="scam", case=case).save()
    with django_assert_max_num_queries(3):
        assert len(ama.get(REPORTS, {"limit": 20}).json()["data"]) == 20


def test_from_thirty_reports_to_one_hidden_listing(kossi, moderator, anonymous):
    """The whole way: reports, one decision with its reason, the listing gone."""
    listing = make.published(kossi.user)
    for number in range(30):
        person = make_person(
            name="P", phone=f"+2290197300{number:03d}", roles=("tenant",)
        )
        assert report(sign_in(person), f"listing:{listing.pk}").status_code == 201
    case = Case.objects.get()
    url = reverse("admin:accounts_case_decide", args=[case.pk, "hide"])
    body = {"version": case.version, "reason": "Ce contenu est une fausse offre."}
    moderator.post(url, body, format="multipart")
    waiting = Delivery.objects.get(subscriber="properties.hide_listing_of_decided_case")
    fact = EVENTS[waiting.event.name].from_payload(waiting.event.payload)
    for _ in range(2):  # a delivery may come twice
        SUBSCRIBERS[waiting.subscriber].handle(fact)
    listing.refresh_from_db()
    assert listing.status == "suspended"
    assert listing.review_reason == "Ce contenu est une fausse offre."
    suspended = OutboxEvent.objects.filter(name="properties.listing_suspended")
    assert suspended.count() == 1
    assert not Report.objects.open().exists()
    assert anonymous.get(f"/api/v1/listings/{listing.pk}").status_code == 404
