"""Every call of a charge or payout, failed in every way, then tried again.

Whatever happened to the first try, the book holds one object, the payer was prompted
once, and the money moved once.
"""

import concurrent.futures

import pytest

from payments.gateways.base import (
    EvidenceStatus,
    GatewayError,
    GatewayUnavailable,
    GatewayUntrusted,
    PayoutStatus,
)

# What the adapter must say about the first try: error class and whether it was sent.
UNKNOWN = (GatewayUnavailable, True)
UNSENT = (GatewayUnavailable, False)
UNTRUSTED = (GatewayUntrusted, True)
FINE = (None, None)
FAULTS = {
    "drop_before": UNKNOWN,
    "drop_after": UNKNOWN,
    "timeout_before": UNKNOWN,
    "timeout_after": UNKNOWN,
    "error_before": UNKNOWN,
    "error_after": UNKNOWN,
    "busy": UNSENT,
    "html": UNTRUSTED,
    "html_after": UNTRUSTED,
    "slow": UNKNOWN,
    "huge": UNKNOWN,
    "flat": FINE,
    "webhook_first": FINE,
}
SLOW = ("timeout_before", "timeout_after", "slow")
WRONG_OBJECT = {
    "wrong_amount": UNTRUSTED,
    "wrong_type": UNTRUSTED,
    "wrong_float": UNTRUSTED,
    "wrong_sign": UNTRUSTED,
    "wrong_status": UNTRUSTED,
    "wrong_currency": UNTRUSTED,
}
CASES = [
    *((call, kind) for call in ("create", "token", "push") for kind in FAULTS),
    *(("create", kind) for kind in WRONG_OBJECT),
]
PAYOUT_CASES = [
    *((call, kind) for call in ("payout_create", "payout_start") for kind in FAULTS),
    *(("payout_create", kind) for kind in WRONG_OBJECT),
]


def first_try(verb, order, kind):
    error_class, sent = {**FAULTS, **WRONG_OBJECT}[kind]
    if error_class is None:
        return verb(order)
    with pytest.raises(error_class) as caught:
        verb(order)
    assert caught.value.sent is sent
    assert "+229" not in repr(caught.value)
    return None


def succeeds(verb, order):
    # On a loaded machine the hasty gateway may give up before the fault is met.
    try:
        return verb(order)
    except GatewayUnavailable:
        return None


@pytest.mark.parametrize(("call", "kind"), CASES)
def test_a_charge_is_created_and_prompted_once(
    gateway, hasty, simulator, charge_order, wait_until, call, kind
):
    order = charge_order("001", first_attempt=False)
    simulator.fault(kind, on=call, reference=order.reference, seconds=3)
    first_try((hasty if kind in SLOW else gateway).start_charge, order, kind)
    wait_until(lambda: succeeds(gateway.start_charge, order))
    gateway.start_charge(order)

    def paid():
        return gateway.find_charge(order.reference).status is EvidenceStatus.PAID

    wait_until(paid)
    (row,) = simulator.charges(order.reference)
    assert row["pushes"] == 1
    kinds = [entry["kind"] for entry in simulator.rows(order.reference)]
    assert kinds.count("transaction.created") == 1
    assert kinds.count("transaction.approved") == 1


@pytest.mark.parametrize(("call", "kind"), PAYOUT_CASES)
def test_a_payout_is_created_and_sent_once(
    gateway, hasty, simulator, payout_order, wait_until, call, kind
):
    order = payout_order("001")
    simulator.fault(kind, on=call, reference=order.reference, seconds=3)
    first_try((hasty if kind in SLOW else gateway).pay_out, order, kind)
    wait_until(lambda: succeeds(gateway.pay_out, order))
    gateway.pay_out(order)

    def arrived():
        return gateway.find_payout(order.reference).status is PayoutStatus.PAID

    wait_until(arrived)
    kinds = [entry["kind"] for entry in simulator.rows(order.reference)]
    for kind_once in ("payout.created", "payout.started", "payout.sent"):
        assert kinds.count(kind_once) == 1


def test_a_look_up_that_fails_stops_the_retry_before_anything_is_created(
    gateway, simulator, charge_order
):
    order = charge_order()
    for kind in ("error_before", "html", "drop_before"):
        simulator.fault(kind, on="find", reference=order.reference)
        with pytest.raises(GatewayError):
            gateway.start_charge(order)
        assert simulator.charges(order.reference) == []
    gateway.start_charge(order)
    assert len(simulator.charges(order.reference)) == 1


def test_a_first_attempt_that_was_not_one_is_saved_by_the_duplicate_refusal(
    gateway, simulator, charge_order
):
    order = charge_order("004", first_attempt=True)
    first = gateway.start_charge(order)
    again = gateway.start_charge(order)
    assert again.gateway_id == first.gateway_id
    (row,) = simulator.charges(order.reference)
    assert row["pushes"] == 1


def test_a_taken_reference_that_cannot_be_found_is_unknown_not_failed(
    gateway, simulator, charge_order
):
    order = charge_order("004", first_attempt=True)
    gateway.start_charge(order)
    simulator.fault("error_before", on="find", reference=order.reference)
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.start_charge(order)
    assert caught.value.sent is True


def test_a_charge_the_number_leaves_unanswered_is_found_prompted(
    gateway, hasty, simulator, charge_order, wait_until
):
    order = charge_order("015")
    with pytest.raises(GatewayUnavailable) as caught:
        hasty.start_charge(order)
    assert caught.value.sent is True
    assert caught.value.gateway_id
    gateway.start_charge(order)
    wait_until(
        lambda: gateway.find_charge(order.reference).status is EvidenceStatus.PAID
    )
    (row,) = simulator.charges(order.reference)
    assert row["pushes"] == 1


def test_ten_workers_with_one_order_make_one_charge(gateway, simulator, charge_order):
    order = charge_order("004")

    def attempt(_):
        try:
            return gateway.start_charge(order).gateway_id
        except GatewayUnavailable:
            return None

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(attempt, range(10))) - {None}
    assert len(ids) == 1
    assert len(simulator.charges(order.reference)) == 1


def test_a_gateway_that_is_down_was_sent_nothing(
    gateway, simulator, charge_order, wait_until
):
    order = charge_order()
    simulator.post("down", seconds=0.4)

    def refused():
        try:
            gateway.find_charge("LH-down")
        except GatewayUnavailable as error:
            return error.sent is False
        return False

    wait_until(refused)
    wait_until(lambda: succeeds(gateway.start_charge, order))
    assert len(simulator.charges(order.reference)) == 1


def test_too_many_calls_says_how_long_to_wait(gateway, simulator, charge_order):
    order = charge_order(first_attempt=True)
    simulator.fault("busy", on="create", reference=order.reference)
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.start_charge(order)
    assert caught.value.retry_after == 2
