"""GET payouts, payouts/{id}, payments/{id}/refunds: who sees what left, and how far."""

import json

import pytest

from lokahome.core import clock
from payments.services.sending import send_transfer
from payments.tests.going_out import approved, asked

pytestmark = pytest.mark.django_db
URL = "/api/v1/payouts"
PAYMENTS = "/api/v1/payments"


def refunds_of(charge):
    return f"{PAYMENTS}/{charge.pk}/refunds"


def test_it_works(proposed_payout, afi):
    payout = proposed_payout()
    body = afi.get(f"{URL}/{payout.pk}").json()
    assert body["id"] == str(payout.pk)
    assert body["reference"] == payout.reference
    assert body["subject"] == payout.subject
    assert body["payee_id"] == str(afi.id)
    assert body["amount"] == {"amount": 20_000, "currency": "XOF"}
    assert body["status"] == "proposed"
    assert (body["approved_at"], body["sent_at"], body["failure"]) == (None,) * 3
    assert body["allowed_actions"] == []
    assert body["created_at"].endswith("Z")


def test_the_payee_sees_it(proposed_payout, afi):
    payout = proposed_payout()
    assert afi.get(f"{URL}/{payout.pk}").status_code == 200
    listed = afi.get(URL).json()["data"]
    assert [row["id"] for row in listed] == [str(payout.pk)]


def test_the_payer_strangers_and_staff_do_not(
    proposed_payout, ama, stranger, finance, checker, anonymous
):
    """Staff of money see it in the back-office."""
    payout = proposed_payout()
    for person in (ama, stranger):
        assert person.get(f"{URL}/{payout.pk}").status_code == 404
        assert person.get(URL).json()["data"] == []
    for person in (anonymous, finance, checker):
        assert person.get(f"{URL}/{payout.pk}").status_code == 401
        assert person.get(URL).status_code == 401


def test_another_persons_payout_and_none_look_the_same(proposed_payout, stranger):
    payout = proposed_payout()
    theirs = stranger.get(f"{URL}/{payout.pk}").json()
    missing = stranger.get(f"{URL}/{payout.party_id}").json()
    for body in (theirs, missing):
        del body["instance"], body["request_id"]
    assert theirs == missing


def test_a_refund_is_no_payout(new_refund, ama):
    refund = new_refund(15_000)
    assert ama.get(f"{URL}/{refund.pk}").status_code == 404
    assert ama.get(URL).json()["data"] == []


def test_numbers_reasons_and_staff_are_not_told(proposed_payout, checker, afi):
    payout = approved(proposed_payout(), checker, reason="Vu sur place par Rita")
    body = afi.get(f"{URL}/{payout.pk}").json()
    text = json.dumps(body)
    assert payout.phone not in text
    assert body["phone"].endswith(payout.phone[-2:])
    assert "Rita" not in text
    assert str(checker.id) not in text
    assert body["status"] == "reserved"
    assert body["approved_at"].endswith("Z")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_here(proposed_payout, afi, finance, books, method):
    payout = proposed_payout()
    before = books.snapshot()
    for person, status in ((afi, 405), (finance, 401)):
        answer = getattr(person, method)(f"{URL}/{payout.pk}", {"status": "approved"})
        assert answer.status_code == status
        assert person.post(URL, {"amount": 1}).status_code == status
    assert books.snapshot() == before


def test_it_is_told_to_its_end(sent_payout, gateway, afi):
    payout = sent_payout()
    etag = afi.get(f"{URL}/{payout.pk}")["ETag"]
    same = afi.get(f"{URL}/{payout.pk}", HTTP_IF_NONE_MATCH=etag)
    assert same.status_code == 304
    gateway.deliver(payout.reference)
    asked(payout)
    fresh = afi.get(f"{URL}/{payout.pk}", HTTP_IF_NONE_MATCH=etag)
    assert fresh.status_code == 200
    assert fresh.json()["status"] == "succeeded"
    assert fresh.json()["sent_at"].endswith("Z")


def test_a_failed_one_says_why_in_the_readers_language(sent_payout, gateway, afi):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    asked(payout)
    body = afi.get(f"{URL}/{payout.pk}").json()
    assert body["status"] == "failed"
    assert body["failure"] == {"code": "unknown", "detail": "Motif inconnu"}


def test_filters_and_strict_parameters(proposed_payout, sent_payout, afi):
    waiting, sent = proposed_payout(), sent_payout()
    found = afi.get(URL, {"status": "sending"}).json()["data"]
    assert [row["id"] for row in found] == [str(sent.pk)]
    found = afi.get(URL, {"subject": waiting.subject}).json()["data"]
    assert [row["id"] for row in found] == [str(waiting.pk)]
    for bad in ({"stauts": "sending"}, {"status": "nonsense"}, {"limit": "0"}):
        assert afi.get(URL, bad).status_code == 400
    assert afi.get(f"{URL}/{sent.pk}", {"x": "1"}).status_code == 400


def test_pages_are_keyed(proposed_payout, afi):
    made = [str(proposed_payout().pk) for _ in range(3)]
    first = afi.get(URL, {"limit": 2}).json()
    second = afi.get(URL, {"limit": 2, "cursor": first["next_cursor"]}).json()
    got = [row["id"] for row in first["data"] + second["data"]]
    assert got == made[::-1]
    assert second["has_more"] is False


def test_a_refund_is_seen_by_its_payer(new_refund, ama, finance):
    refund = new_refund(15_000)
    (row,) = ama.get(refunds_of(refund.charge)).json()["data"]
    assert row["id"] == str(refund.pk)
    assert row["payment_id"] == str(refund.charge_id)
    assert row["payer_id"] == str(ama.id)
    assert row["amount"] == {"amount": 15_000, "currency": "XOF"}
    assert row["status"] == "proposed"
    assert refund.phone not in json.dumps(row)
    assert finance.get(refunds_of(refund.charge)).status_code == 401


def test_who_sees_no_payment_sees_no_refunds(
    new_refund, afi, stranger, moderator, anonymous
):
    url = refunds_of(new_refund(15_000).charge)
    assert stranger.get(url).status_code == 404
    for person in (anonymous, moderator):
        assert person.get(url).status_code == 401
    # The payee sees the payment, and in it what went back; the refund is the payer's.
    assert afi.get(url).json()["data"] == []


def test_refunds_refuse_what_they_do_not_know(new_refund, ama, books):
    url = refunds_of(new_refund(15_000).charge)
    before = books.snapshot()
    assert ama.get(url, {"status": "proposed"}).status_code == 400
    for method in ("post", "put", "patch", "delete"):
        assert getattr(ama, method)(url, {"amount": 1}).status_code == 405
    assert books.snapshot() == before


def test_a_payment_tells_what_went_back(
    held_escrow, arrived_refund, new_refund, ama, afi
):
    untouched = held_escrow().charges.get()
    part = arrived_refund(15_000).charge
    whole = arrived_refund(20_000).charge
    asked_for = new_refund(15_000).charge
    wanted = {
        untouched: ("succeeded", 0),
        part: ("partially_refunded", 15_000),
        whole: ("refunded", 20_000),
        asked_for: ("succeeded", 0),
    }
    for person in (ama, afi):
        for charge, (status, amount) in wanted.items():
            body = person.get(f"{PAYMENTS}/{charge.pk}").json()
            assert (body["status"], body["payer_message"]) == (status, "paid")
            assert body["refunded"] == {"amount": amount, "currency": "XOF"}
    for status in ("succeeded", "partially_refunded", "refunded"):
        found = ama.get(PAYMENTS, {"status": status}).json()["data"]
        assert {row["status"] for row in found} == {status}
        ids = {str(charge.pk) for charge in wanted if wanted[charge][0] == status}
        assert {row["id"] for row in found} == ids


def test_a_small_refund_goes_back_without_a_second_person(
    owed_escrow, gateway, ama, books
):
    (refund,) = owed_escrow(20_000, back=5_000).transfers.all()
    send_transfer(transfer_id=refund.pk, now=clock.now())
    gateway.deliver(refund.reference)
    asked(refund)
    body = ama.get(f"{PAYMENTS}/{refund.charge_id}").json()
    assert (body["status"], body["refunded"]["amount"]) == ("partially_refunded", 5_000)
    books.hold()


def test_lists_cost_a_constant_number_of_queries(
    proposed_payout, new_refund, afi, ama, django_assert_max_num_queries
):
    for _ in range(5):
        proposed_payout()
    refund = new_refund(15_000)
    with django_assert_max_num_queries(2):
        assert len(afi.get(URL).json()["data"]) == 5
    with django_assert_max_num_queries(3):
        assert len(ama.get(PAYMENTS).json()["data"]) == 6
    with django_assert_max_num_queries(4):
        assert len(ama.get(refunds_of(refund.charge)).json()["data"]) == 1
