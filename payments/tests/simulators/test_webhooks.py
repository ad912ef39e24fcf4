"""Webhooks as they arrive: bytes, signatures, retries, mishaps."""

import hashlib
import hmac
import json
import time

import pytest

from payments.tests.simulation import WEBHOOK_SECRET, Receiver, Simulator
from payments.tests.simulators.conftest import FedaPayApi


def signature(headers):
    found = {key.lower(): value for key, value in headers.items()}
    parts = dict(part.split("=") for part in found["x-fedapay-signature"].split(","))
    return int(parts["t"]), parts["s"]


def genuine(headers, body, secret=WEBHOOK_SECRET):
    stamp, given = signature(headers)
    message = f"{stamp}.".encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() == given


def names(deliveries):
    return [json.loads(body)["name"] for _, body in deliveries]


def arrived(receiver, reference, name, count=1):
    def enough():
        found = receiver.about(reference)
        return names(found).count(name) >= count and found

    return enough


def test_a_webhook_is_signed_over_bytes_with_spaces_and_accents(
    api, receiver, wait_until
):
    number = api.push("LH-H1")
    found = wait_until(arrived(receiver, "LH-H1", "transaction.approved"))
    for headers, body in found:
        assert genuine(headers, body)
        assert abs(signature(headers)[0] - time.time()) < 30
        assert '"description": "Loyer décembre"'.encode() in body
    payload = json.loads(found[-1][1])
    assert payload["object"] == "transaction"
    assert payload["object_id"] == payload["entity"]["id"] == number
    assert payload["entity"]["status"] == "approved"
    assert payload["id"].startswith("evt_")
    assert names(found) == ["transaction.created", "transaction.approved"]


def test_the_webhook_of_ending_006_is_lost(api, receiver, wait_until):
    number = api.push("LH-H2", "006")
    wait_until(lambda: api.status(number) == "approved")
    # A later event that does arrive shows that the lost one is not merely slow.
    api.push("LH-H2-AFTER")
    wait_until(arrived(receiver, "LH-H2-AFTER", "transaction.approved"))
    assert names(receiver.about("LH-H2")) == ["transaction.created"]


def test_a_webhook_comes_twice_with_one_id(api, receiver, wait_until):
    api.push("LH-H3", "007")
    found = wait_until(arrived(receiver, "LH-H3", "transaction.approved", 2))
    approved = [json.loads(b) for _, b in found if b"transaction.approved" in b]
    assert len({payload["id"] for payload in approved}) == 1


def test_two_hundred_copies_come_at_once(api, receiver, wait_until):
    api.push("LH-H4", "014")
    found = wait_until(arrived(receiver, "LH-H4", "transaction.approved", 200), 20)
    assert all(genuine(*delivery) for delivery in found)


def test_webhooks_out_of_order(api, receiver, wait_until):
    api.push("LH-H5", "011")
    found = wait_until(arrived(receiver, "LH-H5", "transaction.declined"))
    assert names(found)[-2:] == ["transaction.approved", "transaction.declined"]


def test_a_forged_webhook_claims_a_payment_under_another_secret(
    simulator, api, receiver, wait_until
):
    number = api.push("LH-H6", "004")
    simulator.post("fedapay/charges/LH-H6/forge")
    found = wait_until(arrived(receiver, "LH-H6", "transaction.approved"))
    assert not genuine(*found[-1])
    assert api.status(number) == "pending"


def test_a_webhook_changed_after_its_signature(simulator, api, receiver, wait_until):
    simulator.fault("webhook_altered", reference="LH-H7", count=0)
    api.push("LH-H7")
    found = wait_until(arrived(receiver, "LH-H7", "transaction.approved"))
    assert not genuine(*found[-1])
    assert json.loads(found[-1][1])["entity"]["amount"] == 125_000


def test_a_webhook_without_an_id(simulator, api, receiver, wait_until):
    simulator.fault("webhook_without_id", reference="LH-H8", count=0)
    api.push("LH-H8")
    found = wait_until(arrived(receiver, "LH-H8", "transaction.approved"))
    assert "id" not in json.loads(found[-1][1])


def test_a_webhook_before_the_push_answers(api, receiver):
    api.push("LH-H9", "012")
    assert "transaction.approved" in names(receiver.about("LH-H9"))


def test_a_webhook_before_the_create_answers(simulator, api, receiver):
    simulator.fault("webhook_first", on="create", reference="LH-H10")
    api.create("LH-H10")
    assert names(receiver.about("LH-H10")) == ["transaction.created"]


@pytest.mark.parametrize(
    ("body", "good"),
    [({}, True), ({"drift": -1000}, True), ({"altered": True}, False)],
)
def test_an_event_is_replayed_on_demand(
    simulator, api, receiver, wait_until, body, good
):
    reference = f"LH-H11-{len(body)}-{good}"
    api.push(reference)
    wait_until(arrived(receiver, reference, "transaction.approved"))
    simulator.post(f"fedapay/webhooks/last:{reference}/replay", **body)
    found = wait_until(arrived(receiver, reference, "transaction.approved", 2))
    assert genuine(*found[-1]) is good
    lateness = time.time() - signature(found[-1][0])[0]
    assert (lateness > 900) is ("drift" in body)


def test_a_deaf_receiver_is_tried_ten_times_then_switched_off_until_resumed(
    tmp_path, wait_until
):
    receiver = Receiver()
    receiver.status = 500
    simulator = Simulator(
        tmp_path / "book.sqlite", webhook=receiver.url, scale=0.0005
    ).start()
    try:
        FedaPayApi(simulator).create("LH-DEAF")

        def off():
            return simulator.get("fedapay/webhooks")["disabled"]

        wait_until(off)
        assert len(receiver.received) == 10
        assert all(genuine(*delivery) for delivery in receiver.received)
        FedaPayApi(simulator).create("LH-UNHEARD")
        receiver.status = 200
        simulator.post("fedapay/webhooks/resume", redeliver=True)
        wait_until(lambda: receiver.about("LH-UNHEARD"))
        wait_until(lambda: len(receiver.about("LH-DEAF")) == 11)
        assert not off()
    finally:
        simulator.stop()
        receiver.close()
