"""Maintenance tickets over HTTP."""

import pytest

from lokahome.core.ids import uuid7
from properties.models import Ticket
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
TICKETS = "/api/v1/tickets"


@pytest.fixture
def lease(kossi, ama):
    """A running lease of Kossi's and Ama's."""
    return make.active_lease(kossi.user, ama.user)


def leak(lease, **values):
    return {
        "id": str(uuid7()),
        "lease_id": str(lease.pk),
        "category_slug": "leak",
        "title": "Fuite sous l’évier",
        "description": "L’eau coule depuis hier soir.",
        **values,
    }


def test_from_a_leak_to_a_decision_that_is_contested(lease, kossi, ama):
    body = leak(lease, urgency="urgent")
    made = ama.post(TICKETS, body)
    assert made.status_code == 201, made.content
    url, ticket = made["Location"], made.json()
    assert (ticket["id"], ticket["status"]) == (body["id"], "open")
    assert ticket["payer"] == "undecided"
    assert ticket["payer_suggestion"]["payer"] == "landlord"
    assert ticket["cost"] is None
    assert set(ticket["allowed_actions"]) == {"close", "add_photo"}
    assert set(kossi.get(url).json()["allowed_actions"]) == {"decide", "add_photo"}

    told = {"payer": "tenant", "reason": "Joint usé"}
    decided = kossi.post(f"{url}/decision", told)
    assert decided.status_code == 200, decided.content
    assert decided.json()["payer"] == "tenant"
    assert "decide" in decided.json()["allowed_actions"], "it may be taken over"
    assert set(ama.get(url).json()["allowed_actions"]) == {
        "close",
        "contest",
        "request_service",
        "add_photo",
    }
    contested = ama.post(f"{url}/contest", {"reason": "C’est le mur"}).json()
    assert contested["contested_at"]
    assert "contest" not in contested["allowed_actions"]
    photo = ama.post(f"{url}/photos", {"upload_id": str(make.upload(ama.user).pk)})
    assert photo.status_code == 201, photo.content
    assert [p["id"] for p in kossi.get(url).json()["photos"]] == [photo.json()["id"]]
    closed = ama.post(f"{url}/closure", {"reason": "Réparé par un voisin"}).json()
    assert (closed["status"], closed["allowed_actions"]) == ("closed", [])


def test_the_same_id_and_body_is_the_same_ticket(lease, ama):
    body = leak(lease)
    first, again = ama.post(TICKETS, body), ama.post(TICKETS, body)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert ama.post(TICKETS, {**body, "title": "Autre"}).status_code == 422
    assert Ticket.objects.count() == 1


def test_a_refused_decision_says_what_may_be_done(lease, kossi, ama):
    row = make.decided_ticket(lease, "landlord")
    refused = kossi.post(
        f"{TICKETS}/{row.pk}/decision", {"payer": "tenant", "reason": "Non"}
    )
    assert refused.status_code == 409
    assert refused.json()["code"] == "state.transition_refused"
    contest = ama.post(f"{TICKETS}/{row.pk}/contest", {"reason": "Non"})
    assert contest.status_code == 409
    row.refresh_from_db()
    assert (row.payer, row.contested_at) == ("landlord", None)


def test_a_lease_of_others_or_that_does_not_run_takes_no_ticket(
    lease, kossi, ama, stranger
):
    assert stranger.post(TICKETS, leak(lease)).status_code == 404
    unsigned = make.lease_to_sign(kossi.user, ama.user)
    refused = ama.post(TICKETS, leak(unsigned))
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "ticket.lease_not_running",
    )
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category_slug", "Plumbing!"),
        ("title", ""),
        ("title", "x" * 121),
        ("urgency", "soon"),
        ("lease_id", "nothing"),
    ],
)
def test_a_bad_value_is_refused_by_name(field, value, lease, ama):
    refused = ama.post(TICKETS, leak(lease, **{field: value}))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"


def test_the_list_is_filtered_strictly(lease, kossi, ama, stranger):
    row = make.ticket(lease)
    make.decided_ticket(lease)
    ask = {"lease": str(lease.pk), "status": "open"}
    assert [item["id"] for item in kossi.get(TICKETS, ask).json()["data"]] == [
        str(row.pk)
    ]
    assert stranger.get(TICKETS, ask).json()["data"] == []
    assert ama.get(TICKETS, {"status": "lost"}).status_code == 400
    assert ama.get(TICKETS, {"state": "open"}).status_code == 400


def test_the_list_costs_a_constant_number_of_queries(
    lease, kossi, ama, django_assert_max_num_queries
):
    for _ in range(4):
        make.ticket(lease)
    with django_assert_max_num_queries(3):
        assert len(ama.get(TICKETS).json()["data"]) == 4


def test_staff_see_no_ticket_here(lease, moderator):
    row = make.ticket(lease)
    assert moderator.get(f"{TICKETS}/{row.pk}").status_code == 401
