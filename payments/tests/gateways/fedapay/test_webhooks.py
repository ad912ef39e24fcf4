"""Reading webhooks: what they are about, and what is refused."""

import json
import time
from datetime import UTC, datetime

import pytest

from payments.gateways.base import ObjectType
from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import FedaPayConfig, FedaPayGateway
from payments.simulators.fedapay.wire import signed_headers

SECRET = "wh_sandbox_lecture"


@pytest.fixture
def offline():
    """A gateway that may not call anybody."""
    config = FedaPayConfig(secret_key="sk", webhook_secrets=(SECRET,))
    return FedaPayGateway(config, http=None)


def read(gateway, payload, *, raw=None, headers=None):
    body = raw if raw is not None else json.dumps(payload, ensure_ascii=False).encode()
    signed = headers or signed_headers(SECRET, body, int(time.time()))
    return gateway.read_webhook(headers=signed, raw_body=body, now=datetime.now(UTC))


def payload(**changes):
    entity = {
        "klass": "v1/transaction",
        "id": 100001,
        "status": "approved",
        "updated_at": "2026-11-23T10:00:00.000Z",
        "description": "Loyer décembre",
    }
    entity.update(changes.pop("entity", {}))
    return {"id": "evt_1", "name": "transaction.approved", "entity": entity, **changes}


def test_a_webhook_says_which_charge_to_ask_about(offline):
    notice = read(offline, payload())
    assert notice.event_id == "evt_1"
    assert notice.kind == "transaction.approved"
    assert notice.object_type is ObjectType.CHARGE
    assert notice.gateway_object_id == "100001"
    assert notice.occurred_at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_payout_with_the_number_of_a_charge_is_a_payout(offline):
    notice = read(offline, payload(name="payout.sent", entity={"klass": "v1/payout"}))
    assert notice.object_type is ObjectType.PAYOUT
    assert notice.gateway_object_id == "100001"


def test_other_events_are_neither(offline):
    notice = read(
        offline, payload(name="customer.updated", entity={"klass": "v1/customer"})
    )
    assert notice.object_type is ObjectType.OTHER


def test_without_an_id_a_replay_has_the_same_and_another_change_another(offline):
    bare = payload()
    del bare["id"]
    first, again = read(offline, bare), read(offline, bare)
    assert first.event_id == again.event_id
    bare["entity"]["updated_at"] = "2026-11-23T10:00:05.000Z"
    assert read(offline, bare).event_id != first.event_id


def test_the_header_is_found_in_any_case_and_must_be_alone(offline):
    body = json.dumps(payload()).encode()
    value = signed_headers(SECRET, body, int(time.time()))["X-FEDAPAY-SIGNATURE"]
    assert read(offline, None, raw=body, headers={"x-fedapay-signature": value})
    for headers in (
        {"a": "b"},
        {"x-fedapay-signature": value, "X-FedaPay-Signature": value},
    ):
        with pytest.raises(GatewayUntrusted):
            read(offline, None, raw=body, headers=headers)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"name": "transaction.approved"}',
        b'{"name": 1, "entity": {"id": 1}}',
        b'{"name": "transaction.approved", "entity": {"id": "x"}}',
        b'{"name": "transaction.approved", "entity": {"id": true}}',
        b'{"name": "transaction.approved", "entity": {"id": -1}}',
        b'{"name": "transaction.approved", "entity": {"id": 1.0}}',
        b'{"name": "payout.sent", "entity": {"id": 1, "klass": "v1/transaction"}}',
    ],
)
def test_a_signed_body_of_the_wrong_shape_is_refused(offline, raw):
    with pytest.raises(GatewayUntrusted) as caught:
        read(offline, None, raw=raw)
    assert caught.value.sent is False


def test_no_secret_is_no_configuration():
    for secrets in ((), ("",), (SECRET, "")):
        with pytest.raises(ValueError, match="secret"):
            FedaPayConfig(secret_key="sk", webhook_secrets=secrets)
    assert SECRET not in repr(FedaPayConfig(secret_key="sk", webhook_secrets=(SECRET,)))
