"""From FedaPay's JSON to evidence: envelopes, strict money, unknown words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.base import EvidenceStatus, FailureCode, Operator, PayoutStatus
from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import parsing

IDS = {1: "XOF"}


def row(**changes):
    return {
        "klass": "v1/transaction",
        "id": 98446301,
        "reference": "trx_ZIU",
        "merchant_reference": "LH-1",
        "amount": 100,
        "status": "approved",
        "currency_id": 1,
        "mode": "moov",
        "commission": "0.018",
        "fees": 2,
        "fixed_commission": 0,
        "amount_transferred": 98,
        "amount_debited": 100,
        "created_at": "2024-06-30T22:49:52.938Z",
        "approved_at": "2024-06-30T22:50:28.841Z",
        "last_error_code": None,
        **changes,
    }


@pytest.mark.parametrize(
    "payload",
    [{"v1/transaction": row()}, {"transaction": row()}, row()],
    ids=["slash", "word", "flat"],
)
def test_every_envelope_is_read(payload):
    evidence = parsing.charge(parsing.one(payload, "transaction"), IDS)
    assert evidence.gateway_id == "98446301"
    assert (evidence.amount, evidence.currency, evidence.fee) == (100, "XOF", 2)
    assert evidence.operator is Operator.MOOV
    assert evidence.approved_at == datetime(2024, 6, 30, 22, 50, 28, 841000, UTC)


@pytest.mark.parametrize(
    ("raw", "status", "failure"),
    [
        ("pending", EvidenceStatus.WAITING, None),
        ("approved", EvidenceStatus.PAID, None),
        ("transferred", EvidenceStatus.PAID, None),
        ("declined", EvidenceStatus.FAILED, FailureCode.DECLINED_BY_PAYER),
        ("canceled", EvidenceStatus.FAILED, FailureCode.UNKNOWN),
        ("expired", EvidenceStatus.EXPIRED, FailureCode.TIMED_OUT),
        ("refunded", EvidenceStatus.REFUNDED, None),
        ("approved_partially_refunded", EvidenceStatus.PARTLY_REFUNDED, None),
        ("transferred_partially_refunded", EvidenceStatus.PARTLY_REFUNDED, None),
    ],
)
def test_every_documented_status_has_a_meaning(raw, status, failure):
    evidence = parsing.charge(row(status=raw), IDS)
    assert (evidence.status, evidence.failure_code) == (status, failure)
    assert evidence.raw_status == raw
    assert evidence.settled is raw.startswith("transferred")


def test_an_operator_error_on_a_pending_charge_is_kept_but_fails_nothing():
    evidence = parsing.charge(row(status="pending", last_error_code="API_ERROR"), IDS)
    assert evidence.status is EvidenceStatus.WAITING
    assert evidence.failure_code is None
    assert evidence.raw_failure_code == "API_ERROR"


def test_the_live_code_of_an_empty_wallet_is_understood():
    canceled = row(status="canceled", last_error_code="INSUFFICIENT_FUND_ERROR")
    evidence = parsing.charge(canceled, IDS)
    assert evidence.failure_code is FailureCode.INSUFFICIENT_FUNDS


def test_a_fee_not_computed_yet_is_not_zero():
    assert parsing.charge(row(fees=None), IDS).fee is None
    assert parsing.charge(row(fees=0), IDS).fee == 0


def test_the_expanded_currency_wins_and_an_unknown_one_is_refused():
    assert parsing.charge(row(currency={"iso": "EUR"}), IDS).currency == "EUR"
    with pytest.raises(GatewayUntrusted):
        parsing.charge(row(currency_id=2), IDS)
    with pytest.raises(GatewayUntrusted):
        parsing.charge(row(currency_id=None), IDS)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "perhaps"},
        {"status": None},
        {"status": 3},
        {"id": None},
        {"id": True},
        {"id": 0},
        {"id": "../1"},
        {"created_at": "yesterday"},
        {"merchant_reference": 7},
    ],
)
def test_what_cannot_be_understood_is_refused(changes):
    with pytest.raises(GatewayUntrusted):
        parsing.charge(row(**changes), IDS)


not_money = st.one_of(
    st.floats(),
    st.text(),
    st.booleans(),
    st.none(),
    st.integers(max_value=0),
    st.integers(min_value=10**12 + 1),
    st.decimals(allow_nan=False),
    st.lists(st.integers()),
)


@given(not_money)
def test_an_amount_is_a_positive_integer_or_nothing_is_believed(value):
    with pytest.raises(GatewayUntrusted):
        parsing.charge(row(amount=value), IDS)


@given(st.integers(min_value=1, max_value=10**12))
def test_any_other_amount_is_read_to_the_franc(value):
    assert parsing.charge(row(amount=value), IDS).amount == value


@pytest.mark.parametrize("value", ["2", 2.0, Decimal("2"), -2, True])
def test_fees_are_as_strict(value):
    with pytest.raises(GatewayUntrusted):
        parsing.charge(row(fees=value), IDS)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "x",
        {"v1/payout": row()},
        {"v1/transaction": []},
        row(klass="v1/payout"),
    ],
)
def test_another_object_in_the_envelope_is_refused(payload):
    with pytest.raises(GatewayUntrusted):
        parsing.charge(parsing.one(payload, "transaction"), IDS)


def test_payout_statuses():
    wanted = {
        "pending": PayoutStatus.CREATED,
        "started": PayoutStatus.WAITING,
        "processing": PayoutStatus.WAITING,
        "scheduled": PayoutStatus.WAITING,
        "sent": PayoutStatus.PAID,
        "failed": PayoutStatus.FAILED,
        "canceled": PayoutStatus.FAILED,
    }
    for raw, status in wanted.items():
        assert parsing.payout(row(klass="v1/payout", status=raw), IDS).status is status


def test_lists_come_in_two_shapes():
    assert parsing.many({"v1/transactions": [1], "meta": {"a": 1}}, "transactions") == (
        [1],
        {"a": 1},
    )
    assert parsing.many([1], "transactions") == ([1], {})
    for payload in (
        {},
        {"v1/transactions": {}},
        None,
        {"v1/transactions": [], "meta": 3},
    ):
        with pytest.raises(GatewayUntrusted):
            parsing.many(payload, "transactions")


def test_phones_and_raw_answers_stay_out_of_reprs():
    evidence = parsing.charge(row(payment_method={"number": "22994322967"}), IDS)
    assert evidence.payer_phone == "22994322967"
    assert "22994322967" not in repr(evidence)
