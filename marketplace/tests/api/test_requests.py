"""Asking and quoting over HTTP: what providers see, and what they do not."""

import pytest

from lokahome.core.ids import uuid7
from marketplace.models import Quote, ServiceRequest
from marketplace.tests import factories as make
from properties.models import Ticket
from properties.tests import factories as homes

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/service-requests"
QUOTES = "/api/v1/quotes"
LAT, LNG = make.COTONOU[1], make.COTONOU[0]
# Whole numbers: a blurred one may well begin as the exact one does.
PRIVATE = (f'"lat":{LAT},', f'"lng":{LNG}}}', "portail bleu", "Hounsou")


def leak(**values):
    return {
        "id": str(uuid7()),
        "category": "leak",
        "title": "Fuite sous l’évier",
        "description": "L’eau coule depuis hier soir.",
        "point": {"lat": LAT, "lng": LNG},
        "division_id": str(homes.division().pk),
        "directions": "Deuxième von à droite, portail bleu",
        **values,
    }


def price(*amounts, **values):
    return {
        "id": str(uuid7()),
        "lines": [
            {
                "kind": "labour",
                "label": "Main-d’œuvre",
                "amount": {"amount": amount, "currency": "XOF"},
            }
            for amount in amounts
        ],
        **values,
    }


def accept(client, quote_id, key=None):
    return client.post(
        f"{QUOTES}/{quote_id}/acceptance",
        headers={"Idempotency-Key": str(key or uuid7())},
    )


@pytest.fixture
def asked(kossi, afi):
    """Kossi's open request, as a path; Afi is a plumber nearby."""
    make.provider(afi.user)
    made = kossi.post(REQUESTS, leak())
    assert made.status_code == 201, made.content
    return made["Location"]


def test_the_place_is_told_to_nobody_before_a_quote_is_accepted(
    asked, kossi, afi, bola
):
    own = kossi.get(asked)
    assert [secret for secret in PRIVATE if secret in own.content.decode()][:2] == [
        *PRIVATE[:2]
    ]
    mine = own.json()
    assert mine["place"] == {
        "point": {"lat": LAT, "lng": LNG},
        "directions": "Deuxième von à droite, portail bleu",
    }
    assert mine["allowed_actions"] == ["cancel"]

    sent = afi.post(f"{asked}/quotes", price(15_000))
    for path in (asked, REQUESTS, f"{asked}/quotes", sent["Location"], QUOTES):
        text = afi.get(path).content.decode()
        assert not [secret for secret in PRIVATE if secret in text], path
    seen = afi.get(asked).json()
    assert seen["place"] is None
    assert seen["requester"]["full_name"] == ""
    assert seen["division"]["name"] == "Cadjèhoun"

    bola.post(f"{asked}/quotes", price(9_000))
    job = accept(kossi, sent.json()["id"]).json()
    told = afi.get(asked).json()
    assert told["place"]["point"] == {"lat": LAT, "lng": LNG}
    assert told["requester"]["full_name"] == "Kossi Hounsou"
    assert told["job_id"] == job["id"]
    rival = bola.get(asked)
    assert rival.status_code == 200
    assert (rival.json()["place"], rival.json()["job_id"]) == (None, None)
    assert not [secret for secret in PRIVATE if secret in rival.content.decode()]


def test_two_quotes_one_accepted_the_other_declined(asked, kossi, afi, bola):
    first = afi.post(f"{asked}/quotes", price(15_000, 6_500, note="Demain"))
    assert first.status_code == 201, first.content
    quote = first.json()
    assert quote["total"] == {"amount": 21_500, "currency": "XOF"}
    assert set(quote["allowed_actions"]) == {"withdraw", "revise"}
    other = bola.post(f"{asked}/quotes", price(30_000)).json()
    assert kossi.get(asked).json()["waiting_quotes"] == 2
    assert afi.get(asked).json()["waiting_quotes"] == 1
    listed = kossi.get(f"{asked}/quotes", {"sort": "cheapest"}).json()["data"]
    assert [row["id"] for row in listed] == [quote["id"], other["id"]]
    assert set(listed[0]["allowed_actions"]) == {"accept", "decline"}
    assert [row["id"] for row in bola.get(f"{asked}/quotes").json()["data"]] == [
        other["id"]
    ]

    key = uuid7()
    accepted, again = (accept(kossi, quote["id"], key) for _ in range(2))
    assert accepted.status_code == 201, accepted.content
    assert again["Idempotency-Replayed"] == "true"
    assert kossi.get(accepted["Location"]).json()["quote_id"] == quote["id"]
    assert bola.get(f"{QUOTES}/{other['id']}").json()["status"] == "declined"
    late = accept(kossi, other["id"])
    assert (late.status_code, late.json()["code"]) == (409, "quote.already_awarded")


def test_a_quote_is_revised_and_withdrawn(asked, afi):
    sent = afi.post(f"{asked}/quotes", price(15_000))
    revised = afi.post(f"{sent['Location']}/revision", price(14_000))
    assert revised.status_code == 201, revised.content
    assert revised.json()["revision"] == 2
    assert afi.get(sent["Location"]).json()["status"] == "superseded"
    url = revised["Location"]
    assert afi.post(f"{url}/withdrawal").json()["status"] == "withdrawn"
    assert afi.get(asked).json()["allowed_actions"] == ["quote"]


@pytest.mark.parametrize(
    "body",
    [
        {"lines": []},
        price(0),
        price(4_000_000),
        price(15_000, valid_days=90),
        price(15_000, starts_at="2020-01-01T08:00:00Z"),
        {"lines": [{"kind": "gift", "label": "x", "amount": None}]},
    ],
)
def test_a_bad_quote_is_refused_whole(body, asked, afi):
    refused = afi.post(f"{asked}/quotes", body)
    assert refused.status_code == 422, refused.content
    assert refused.json()["errors"]
    assert not Quote.objects.exists()


def test_the_same_id_and_body_is_the_same_request_and_quote(asked, kossi, afi):
    body = leak()
    assert kossi.post(REQUESTS, body).json() == kossi.post(REQUESTS, body).json()
    assert ServiceRequest.objects.count() == 2
    offer = price(15_000)
    first, again = (afi.post(f"{asked}/quotes", offer) for _ in range(2))
    assert first.json() == again.json()
    assert Quote.objects.count() == 1


def test_a_ticket_becomes_the_request_of_who_pays(kossi, ama, afi):
    make.provider(afi.user)
    lease = homes.active_lease(kossi.user, ama.user)
    undecided = homes.ticket(lease)
    early = kossi.post(REQUESTS, {"ticket_id": str(undecided.pk)})
    assert early.json()["code"] == "service_request.payer_undecided"
    ticket = homes.decided_ticket(lease, "landlord")
    body = {"ticket_id": str(ticket.pk)}
    assert ama.post(REQUESTS, body).status_code == 403
    assert not ServiceRequest.objects.exists()

    made = kossi.post(REQUESTS, body)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["title"], row["category"]["slug"]) == (ticket.title, "leak")
    assert row["occupant"]["full_name"] == "Ama Dossou"
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"
    seen = afi.get(made["Location"]).json()
    hidden = ("occupant", "ticket_id", "unit_id", "place", "job_id")
    assert [seen[name] for name in hidden] == [None] * 5
    assert ama.get(made["Location"]).json()["allowed_actions"] == []
    kossi.post(f"{made['Location']}/cancellation")
    assert Ticket.objects.get(pk=ticket.pk).status == "decided"


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        (None, {"/point", "/division_id"}),
        ({"category": "sorcery"}, {"/category"}),
        ({"title": "  "}, {"/title"}),
        ({"wanted_on": "2020-01-01"}, {"/wanted_on"}),
        ({"point": {"lat": 48.85, "lng": 2.35}}, {"/point"}),
    ],
)
@pytest.mark.usefixtures("asked")
def test_a_bad_request_is_refused_by_name(wrong, pointers, kossi):
    refused = kossi.post(REQUESTS, {} if wrong is None else leak(**wrong))
    assert refused.status_code == 422, refused.content
    assert {error["pointer"] for error in refused.json()["errors"]} == pointers
    assert ServiceRequest.objects.count() == 1


def test_lists_are_filtered_strictly(asked, kossi, afi, stranger):
    find = lambda who, **ask: who.get(REQUESTS, ask).json()["data"]  # noqa: E731
    assert len(find(kossi, role="requester", status="open", category="leak")) == 1
    assert find(kossi, role="provider") == []
    assert len(find(afi, role="provider")) == 1
    assert find(afi, role="requester") == []
    assert find(stranger) == []
    for ask in ({"role": "king"}, {"status": "lost"}, {"near": "6,2"}):
        assert kossi.get(REQUESTS, ask).status_code == 400
    assert kossi.get(QUOTES, {"mine": "perhaps"}).status_code == 400
    assert kossi.get(f"{asked}/quotes", {"status": "sent"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "most"), [(REQUESTS, 3), (QUOTES, 3), ("{asked}/quotes", 5)]
)
def test_lists_cost_a_constant_number_of_queries(
    path, most, asked, kossi, afi, bola, django_assert_max_num_queries
):
    rows = [ServiceRequest.objects.get(), *(make.request(kossi.user) for _ in "ab")]
    for row in rows:
        for person in (afi, bola):
            make.quote(person.user, row)
    for reader in (kossi, afi):
        with django_assert_max_num_queries(most):
            assert reader.get(path.format(asked=asked)).json()["data"]
