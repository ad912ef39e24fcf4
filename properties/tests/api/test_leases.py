"""Applying, signing and paying over HTTP."""

from uuid import UUID

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from payments.models import Charge
from properties.models import RentPayment
from properties.services.quittances import issue_quittance
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


def pay(client, lease, body=None, key=None):
    return client.post(
        f"{BASE}/leases/{lease.pk}/payments",
        body or {},
        headers={"Idempotency-Key": str(key or uuid7())},
    )


def test_from_application_to_running_lease(kossi, ama):
    listing = make.published(kossi.user)
    sent = ama.post(
        f"{BASE}/applications",
        {
            "listing_id": str(listing.pk),
            "move_in_on": clock.today().isoformat(),
            "message": "Bonjour",
            "occupants": 2,
        },
    )
    assert sent.status_code == 201, sent.content
    assert sent.json()["allowed_actions"] == ["withdraw"]
    assert sent.json()["property_id"] is None
    url = sent["Location"]
    assert set(kossi.get(url).json()["allowed_actions"]) == {
        "review",
        "accept",
        "decline",
    }
    accepted = kossi.post(f"{url}/acceptance").json()
    assert accepted["status"] == "accepted"
    assert ama.get(url).json()["property_id"] == str(listing.unit.property_id)

    lease = f"{BASE}/leases/{accepted['lease_id']}"
    assert set(kossi.get(lease).json()["allowed_actions"]) == {"edit", "send"}
    assert ama.get(lease).json()["allowed_actions"] == []
    etag = kossi.get(lease)["ETag"]
    kossi.patch(lease, {"due_day": 10}, headers={"If-Match": etag})
    to_sign = kossi.post(f"{lease}/signature-request").json()
    assert (to_sign["status"], to_sign["due_day"]) == ("out_for_signature", 10)
    digest = {"terms_digest": to_sign["terms_digest"]}
    first = kossi.post(f"{lease}/signatures", digest)
    assert first.status_code == 200, first.content
    assert "sign" not in first.json()["allowed_actions"]
    assert "sign" in ama.get(lease).json()["allowed_actions"]
    signed = ama.post(f"{lease}/signatures", digest).json()
    assert signed["status"] == "active"
    assert signed["allowed_actions"] == ["pay_rent"]
    assert {item["role"] for item in signed["signatures"]} == {"landlord", "tenant"}

    (period,) = ama.get(f"{lease}/rent-periods").json()["data"]
    assert period["status"] == "due"
    assert period["balance"] == {"amount": 35000, "currency": "XOF"}


def test_signing_other_terms_is_a_conflict(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    response = ama.post(
        f"{BASE}/leases/{lease.pk}/signatures", {"terms_digest": "a" * 64}
    )
    assert response.status_code == 409
    assert response.json()["code"] == "lease.terms_changed"


def test_paying_waits_and_tells_where_to_look(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    response = pay(ama, lease)
    assert response.status_code == 202, response.content
    data = response.json()
    assert (data["status"], data["next_action"]) == ("created", "wait")
    assert data["amount"] == {"amount": 35000, "currency": "XOF"}
    assert ama.get(response["Location"]).json()["id"] == data["id"]
    assert RentPayment.objects.get().charge_id == UUID(data["id"])


def test_the_same_key_is_the_same_payment(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    key = uuid7()
    first, again = pay(ama, lease, key=key), pay(ama, lease, key=key)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    other = pay(ama, lease, {"amount": {"amount": 500, "currency": "XOF"}}, key=key)
    assert other.status_code == 422
    assert Charge.objects.count() == 1


def test_a_strangers_phone_is_not_rung_without_end(kossi, ama, monkeypatch):
    """Any wallet may be named, so that a brother can pay; a lease of one's own is made
    with an accomplice, and would ring anybody's phone all night."""
    monkeypatch.setattr("properties.services.rent.PROMPTS_AN_HOUR", 3)
    lease = make.active_lease(kossi.user, ama.user)
    price = {"amount": {"amount": 100, "currency": "XOF"}}
    body = {**price, "phone": "+2290196123001"}
    keys = [uuid7() for _ in range(4)]
    answers = [pay(ama, lease, body, key).status_code for key in (*keys[:3], *keys)]
    assert answers == [202, 202, 202, 202, 202, 202, 429]
    assert Charge.objects.count() == 3
    assert pay(ama, lease, price).status_code == 202


@pytest.mark.parametrize("part", ["rent-periods", "documents"])
def test_an_unknown_parameter_of_a_leases_lists_is_refused(kossi, ama, part):
    lease = make.active_lease(kossi.user, ama.user)
    answer = ama.get(f"{BASE}/leases/{lease.pk}/{part}", {"status": "paid"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.bad_parameter"


def test_a_payment_without_a_key_is_refused(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    response = ama.post(f"{BASE}/leases/{lease.pk}/payments", {})
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency.key_missing"
    assert not Charge.objects.exists()


def test_the_payer_names_wallet_operator_period_and_amount(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    response = pay(
        ama,
        lease,
        {
            "amount": {"amount": 10000, "currency": "XOF"},
            "period_id": str(lease.rent_periods.get().pk),
            "operator": "moov",
            "phone": "95000001",
        },
    )
    assert response.status_code == 202, response.content
    charge = Charge.objects.get()
    assert (charge.operator, charge.payer_phone) == ("moov", "+2290195000001")
    assert RentPayment.objects.get().named_period == lease.rent_periods.get()


def test_both_parties_find_the_quittance_and_nobody_else(kossi, ama, stranger):
    lease = make.active_lease(kossi.user, ama.user)
    make.settle(make.charge(lease), lease)
    issue_quittance(period_id=lease.rent_periods.get().pk)
    for client in (kossi, ama):
        (document,) = client.get(f"{BASE}/leases/{lease.pk}/documents").json()["data"]
        assert document["kind"] == "quittance"
        assert document["amount"]["amount"] == 35000
        path = document["download_url"].split("/", 3)[3]
        assert client.get(f"/{path}")["Content-Type"] == "application/pdf"
        check = document["check_url"].split("/", 3)[3]
        page = stranger.get(f"/{check}").content.decode()
        assert "A. D." in page
        assert "Dossou" not in page


@pytest.mark.parametrize(
    ("path", "most"), [("applications", 3), ("leases", 3), ("leases/rent-periods", 4)]
)
def test_lists_cost_a_constant_number_of_queries(
    path, most, kossi, ama, django_assert_max_num_queries
):
    leases = [make.active_lease(kossi.user, ama.user) for _ in range(3)]
    path = path.replace("leases/", f"leases/{leases[0].pk}/")
    with django_assert_max_num_queries(most):
        assert ama.get(f"{BASE}/{path}").status_code == 200
