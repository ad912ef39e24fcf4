"""GET payments, payments/{id}: who sees them, and what the payer is told."""

import json
from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from payments.models import Charge
from payments.services.confirming import confirm_with_gateway

pytestmark = pytest.mark.django_db
URL = "/api/v1/payments"


@pytest.fixture
def payment(sent_charge, ama, kossi):
    return sent_charge(payer=ama.id, payee=kossi.id)


def ask(charge):
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")


def test_it_works(payment, ama):
    body = ama.get(f"{URL}/{payment.pk}").json()
    assert body["id"] == str(payment.pk)
    assert body["amount"] == {"amount": 35_000, "currency": "XOF"}
    assert body["status"] == "pending"
    assert body["next_action"] == "approve_on_phone"
    assert body["payer_message"] == "being_checked"
    assert body["poll_after_seconds"] == 3
    assert body["failure"] is None
    assert body["receipt_id"] is None
    assert body["allowed_actions"] == []


def test_both_parties_see_it(payment, ama, kossi):
    for person in (ama, kossi):
        assert person.get(f"{URL}/{payment.pk}").status_code == 200
        listed = person.get(URL).json()["data"]
        assert [row["id"] for row in listed] == [str(payment.pk)]


@pytest.mark.parametrize("who", ["moderator", "finance"])
def test_staff_see_it_in_the_back_office_and_not_here(request, payment, who):
    member = request.getfixturevalue(who)
    assert member.get(f"{URL}/{payment.pk}").status_code == 401
    assert member.get(URL).status_code == 401


def test_others_do_not(payment, stranger, anonymous):
    assert stranger.get(f"{URL}/{payment.pk}").status_code == 404
    assert stranger.get(URL).json()["data"] == []
    assert anonymous.get(f"{URL}/{payment.pk}").status_code == 401
    assert anonymous.get(URL).status_code == 401


def test_another_persons_payment_and_none_look_the_same(payment, stranger):
    theirs = stranger.get(f"{URL}/{payment.pk}").json()
    missing = stranger.get(f"{URL}/{payment.payer_id}").json()
    for body in (theirs, missing):
        del body["instance"], body["request_id"]
    assert theirs == missing


def test_the_wallets_number_is_masked(payment, kossi):
    body = kossi.get(f"{URL}/{payment.pk}").json()
    assert payment.payer_phone not in json.dumps(body)
    assert body["phone"].endswith(payment.payer_phone[-2:])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_here(payment, ama, books, method):
    before = books.snapshot()
    answer = getattr(ama, method)(f"{URL}/{payment.pk}", {"status": "succeeded"})
    assert answer.status_code == 405
    assert ama.post(URL, {"amount": 1}).status_code == 405
    assert books.snapshot() == before


def test_a_paid_one_says_paid(payment, gateway, ama):
    gateway.approve(payment.reference, fee=630)
    ask(payment)
    body = ama.get(f"{URL}/{payment.pk}").json()
    assert (body["status"], body["payer_message"]) == ("succeeded", "paid")
    assert body["next_action"] == "none"
    assert body["poll_after_seconds"] == 0
    assert body["captured_at"].endswith("Z")


def test_a_declined_one_says_why_in_the_readers_language(payment, gateway, ama):
    gateway.decline(payment.reference)
    ask(payment)
    body = ama.get(f"{URL}/{payment.pk}").json()
    assert body["payer_message"] == "not_charged"
    assert body["failure"] == {
        "code": "declined_by_payer",
        "detail": "Refusé par le payeur",
    }


def test_one_in_review_is_being_checked(payment, gateway, ama):
    gateway.approve(payment.reference, amount=30_000)
    ask(payment)
    body = ama.get(f"{URL}/{payment.pk}").json()
    assert (body["status"], body["payer_message"]) == ("in_review", "being_checked")
    assert body["failure"] is None


def test_reading_an_old_open_one_has_it_checked_once(payment, ama):
    Charge.objects.filter(pk=payment.pk).update(
        created_at=clock.now() - timedelta(seconds=11)
    )
    for _ in range(3):
        ama.get(f"{URL}/{payment.pk}")
    due = OutboxEvent.objects.filter(name="payments.charge_check_due")
    assert due.count() == 1


def test_reading_a_young_one_asks_nobody(payment, ama):
    ama.get(f"{URL}/{payment.pk}")
    assert not OutboxEvent.objects.filter(name="payments.charge_check_due").exists()


def test_a_stranger_has_nothing_checked(payment, stranger):
    Charge.objects.filter(pk=payment.pk).update(
        created_at=clock.now() - timedelta(minutes=1)
    )
    stranger.get(f"{URL}/{payment.pk}")
    assert not OutboxEvent.objects.filter(name="payments.charge_check_due").exists()


def test_304_until_it_changes(payment, gateway, ama):
    etag = ama.get(f"{URL}/{payment.pk}")["ETag"]
    same = ama.get(f"{URL}/{payment.pk}", HTTP_IF_NONE_MATCH=etag)
    assert same.status_code == 304
    gateway.approve(payment.reference)
    ask(payment)
    fresh = ama.get(f"{URL}/{payment.pk}", HTTP_IF_NONE_MATCH=etag)
    assert fresh.status_code == 200


def test_filters(payment, sent_charge, ama, gateway):
    other = sent_charge(payer=ama.id)
    gateway.decline(other.reference)
    ask(other)
    failed = ama.get(URL, {"status": "failed"}).json()["data"]
    assert [row["id"] for row in failed] == [str(other.pk)]
    of_lease = ama.get(URL, {"subject": payment.subject}).json()["data"]
    assert [row["id"] for row in of_lease] == [str(payment.pk)]
    assert ama.get(URL, {"stauts": "failed"}).status_code == 400
    assert ama.get(URL, {"status": "nonsense"}).status_code == 400


def test_pages_are_keyed(sent_charge, ama):
    made = [str(sent_charge(payer=ama.id).pk) for _ in range(3)]
    first = ama.get(URL, {"limit": 2}).json()
    second = ama.get(URL, {"limit": 2, "cursor": first["next_cursor"]}).json()
    got = [row["id"] for row in first["data"] + second["data"]]
    assert got == made[::-1]
    assert second["has_more"] is False


def test_a_list_costs_a_constant_number_of_queries(
    sent_charge, ama, django_assert_max_num_queries
):
    for _ in range(12):
        sent_charge(payer=ama.id)
    with django_assert_max_num_queries(3):
        assert len(ama.get(URL).json()["data"]) == 12
