"""Charges against the simulator over real HTTP: each thing a payer may do."""

from dataclasses import replace

import httpx
import pytest

from payments.gateways.base import (
    EvidenceStatus,
    FailureCode,
    GatewayRejected,
    GatewayUntrusted,
    NextAction,
    Operator,
)
from payments.gateways.fedapay import FedaPayGateway
from payments.gateways.fedapay.config import SANDBOX_MODES


def ended(gateway, order, status, wait_until):
    def look():
        found = gateway.find_charge(order.reference)
        return found if found.status is status else None

    return wait_until(look)


def test_a_pushed_charge_is_paid(gateway, charge_order, wait_until):
    order = charge_order("001")
    started = gateway.start_charge(order)
    assert started.next_action is NextAction.WAIT_FOR_PROMPT
    paid = ended(gateway, order, EvidenceStatus.PAID, wait_until)
    assert paid.gateway_id == started.gateway_id
    assert (paid.amount, paid.currency, paid.fee) == (25_000, "XOF", 450)
    assert paid.reference == order.reference
    assert paid.operator is Operator.MTN
    assert paid.payer_debited - paid.net == paid.fee
    assert paid.approved_at >= paid.created_at
    assert gateway.fetch_charge(started.gateway_id) == paid


@pytest.mark.parametrize(
    "phone",
    ["+22964000001", "+22966000001", "+2290164000001", "+2290166000001"],
)
def test_the_sandbox_numbers_pay_in_their_old_and_new_forms(
    gateway, charge_order, wait_until, phone
):
    order = charge_order(phone=phone)
    gateway.start_charge(order)
    ended(gateway, order, EvidenceStatus.PAID, wait_until)


@pytest.mark.parametrize(
    ("ending", "status", "failure"),
    [
        ("002", EvidenceStatus.FAILED, FailureCode.DECLINED_BY_PAYER),
        ("003", EvidenceStatus.FAILED, FailureCode.INSUFFICIENT_FUNDS),
        ("006", EvidenceStatus.PAID, None),
        ("007", EvidenceStatus.PAID, None),
        ("012", EvidenceStatus.PAID, None),
        ("013", EvidenceStatus.PAID, None),
        ("999", EvidenceStatus.FAILED, FailureCode.DECLINED_BY_PAYER),
    ],
)
def test_the_number_decides(gateway, charge_order, wait_until, ending, status, failure):
    order = charge_order(ending)
    gateway.start_charge(order)
    assert ended(gateway, order, status, wait_until).failure_code is failure


@pytest.mark.parametrize("ending", ["008", "010", "011"])
def test_a_failed_or_expired_charge_can_still_be_paid(
    gateway, simulator, charge_order, wait_until, ending
):
    order = charge_order(ending)
    gateway.start_charge(order)
    ended(gateway, order, EvidenceStatus.PAID, wait_until)
    kinds = [row["kind"] for row in simulator.rows(order.reference)]
    before = "transaction.expired" if ending == "010" else "transaction.declined"
    assert kinds.index(before) < kinds.index("transaction.approved")


def test_a_payer_who_never_answers_leaves_the_charge_waiting_until_it_expires(
    gateway, simulator, charge_order
):
    order = charge_order("004")
    gateway.start_charge(order)
    assert gateway.find_charge(order.reference).status is EvidenceStatus.WAITING
    simulator.post(f"fedapay/charges/{order.reference}/expire")
    found = gateway.find_charge(order.reference)
    assert found.status is EvidenceStatus.EXPIRED
    assert found.failure_code is FailureCode.TIMED_OUT


def test_a_cancellation_the_operator_does_not_report_leaves_it_waiting(
    gateway, charge_order, wait_until
):
    order = charge_order("017", operator=Operator.CELTIIS)
    gateway.start_charge(order)
    found = wait_until(
        lambda: (row := gateway.find_charge(order.reference)).raw_failure_code and row
    )
    assert found.status is EvidenceStatus.WAITING
    assert found.operator is Operator.CELTIIS


def test_another_amount_than_ordered_is_reported_as_it_is(
    gateway, charge_order, wait_until
):
    order = charge_order("009")
    gateway.start_charge(order)
    assert ended(gateway, order, EvidenceStatus.PAID, wait_until).amount == 24_900
    with pytest.raises(GatewayUntrusted):
        gateway.start_charge(order)


def test_a_number_the_operator_refuses_is_a_refusal_without_the_number(
    gateway, charge_order
):
    order = charge_order("016")
    with pytest.raises(GatewayRejected) as caught:
        gateway.start_charge(order)
    assert caught.value.code == "bad_phone"
    assert caught.value.gateway_id
    assert "166123016" not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("amount", [99, 10_000_001])
def test_an_amount_out_of_bounds_is_refused(gateway, simulator, charge_order, amount):
    order = charge_order(amount=amount)
    with pytest.raises(GatewayRejected, match="bad_request"):
        gateway.start_charge(order)
    assert simulator.charges(order.reference) == []


def test_without_an_operator_the_payer_opens_a_page(
    gateway, simulator, charge_order, wait_until
):
    order = charge_order(operator=None, phone=None, return_url="https://example.test/r")
    started = gateway.start_charge(order)
    assert started.next_action is NextAction.OPEN_PAGE
    page = httpx.get(started.page_url, trust_env=False)
    assert "25 000 F" in page.text
    assert "Loyer décembre" in page.text
    answer = httpx.post(started.page_url, data={"decision": "approve"}, trust_env=False)
    back = f"https://example.test/r?id={started.gateway_id}&status=approved"
    assert answer.headers["Location"] == back
    ended(gateway, order, EvidenceStatus.PAID, wait_until)


def test_a_payment_page_on_an_unknown_host_is_not_shown(config, http, charge_order):
    strict = FedaPayGateway(replace(config, page_hosts=frozenset({"pay.test"})), http)
    with pytest.raises(GatewayUntrusted):
        strict.start_charge(charge_order(operator=None, phone=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"push_path": "/v1/transactions/{mode}"},
        {"phone_style": "national"},
        {"modes": SANDBOX_MODES},
        {"find_charge_path": None},
        {"find_charge_path": "/v1/nothing/here/{reference}"},
        {"find_charge_path": "/pay/{reference}"},  # answers 404 with an HTML page
    ],
)
def test_each_reading_of_the_documents_works(
    config, http, simulator, charge_order, wait_until, changes
):
    gateway = FedaPayGateway(replace(config, **changes), http)
    order = charge_order()
    gateway.start_charge(order)
    gateway.start_charge(order)
    ended(gateway, order, EvidenceStatus.PAID, wait_until)
    assert len(simulator.charges(order.reference)) == 1


def test_an_unknown_reference_is_none_and_an_unknown_id_is_a_refusal(gateway):
    assert gateway.find_charge("LH-absent") is None
    with pytest.raises(GatewayRejected, match="not_found"):
        gateway.fetch_charge("999999999")


def test_a_reference_is_found_whole_not_in_part(gateway, charge_order):
    gateway.start_charge(charge_order(reference="LH-PART-12"))
    assert gateway.find_charge("LH-PART-1") is None


def test_a_reference_with_a_slash_or_accents_is_found(gateway, charge_order):
    order = charge_order(reference="LH/é?#%2F..")
    gateway.start_charge(order)
    assert gateway.find_charge(order.reference).reference == order.reference


def test_a_wrong_key_is_refused_and_not_repeated_in_the_error(config, http):
    stranger = FedaPayGateway(replace(config, secret_key="sk_sandbox_other"), http)
    with pytest.raises(GatewayRejected, match="bad_credentials") as caught:
        stranger.find_charge("LH-1")
    assert "sk_sandbox_other" not in repr(caught.value)
    assert "sk_sandbox_other" not in repr(
        replace(config, secret_key="sk_sandbox_other")
    )
