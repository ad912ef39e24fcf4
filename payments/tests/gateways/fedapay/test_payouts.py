"""Payouts: created, started, limited."""

import pytest

from payments.gateways.base import (
    FailureCode,
    GatewayRejected,
    GatewayUntrusted,
    PayoutStatus,
)


def test_a_payout_arrives_with_its_fixed_fee(gateway, payout_order, wait_until):
    order = payout_order("001", amount=20_000)
    started = gateway.pay_out(order)
    assert started.evidence.status is PayoutStatus.WAITING

    def arrived():
        found = gateway.find_payout(order.reference)
        return found if found.status is PayoutStatus.PAID else None

    sent = wait_until(arrived)
    assert (sent.amount, sent.currency, sent.fee) == (20_000, "XOF", 300)
    assert sent.sent_at >= sent.created_at
    assert gateway.fetch_payout(started.gateway_id) == sent


def test_a_payout_can_fail(gateway, payout_order, wait_until):
    order = payout_order("002")
    gateway.pay_out(order)
    wait_until(
        lambda: gateway.find_payout(order.reference).status is PayoutStatus.FAILED
    )
    found = gateway.find_payout(order.reference)
    assert found.failure_code is FailureCode.UNKNOWN
    assert found.raw_failure_code == "API_ERROR"
    # A failed payout is an end: trying again says so and sends nothing.
    assert gateway.pay_out(order).evidence.status is PayoutStatus.FAILED


def test_a_fourth_payout_to_a_number_in_a_day_is_refused(
    gateway, simulator, payout_order
):
    phone = "+2290195000004"
    for _ in range(3):
        gateway.pay_out(payout_order(phone=phone))
    order = payout_order(phone=phone)
    with pytest.raises(GatewayRejected, match="limit_reached"):
        gateway.pay_out(order)
    (row,) = simulator.payouts(order.reference)
    assert row["status"] == "pending"


def test_a_payout_above_the_largest_is_refused(gateway, simulator, payout_order):
    order = payout_order(amount=1_000_001)
    with pytest.raises(GatewayRejected, match="limit_reached"):
        gateway.pay_out(order)
    assert simulator.payouts(order.reference) == []


def test_another_amount_under_the_same_reference_is_not_sent(
    gateway, simulator, payout_order
):
    order = payout_order("004")
    simulator.fault("error_before", on="payout_start", reference=order.reference)
    with pytest.raises(Exception, match="500"):
        gateway.pay_out(order)
    with pytest.raises(GatewayUntrusted):
        gateway.pay_out(payout_order(reference=order.reference, amount=30_000))
    (row,) = simulator.payouts(order.reference)
    assert row["status"] == "pending"


def test_an_unknown_payout_is_none(gateway):
    assert gateway.find_payout("LHP-absent") is None
