"""Pure rules about payments."""

import pytest

from lokahome.core.money import Money
from payments.gateways.base import ChargeEvidence, EvidenceStatus
from payments.models import Charge, ChargeStatus
from payments.models.charge_states import OPEN
from payments.policies import (
    differences,
    fee_we_bear,
    is_within_limits,
    payer_message,
)


def evidence(**changes):
    values = {
        "gateway_id": "1",
        "reference": "LH1",
        "status": EvidenceStatus.PAID,
        "raw_status": "approved",
        "amount": 1_000,
        "currency": "XOF",
        "fee": 18,
    }
    return ChargeEvidence(**{**values, **changes})


def test_every_state_tells_the_payer_one_of_three_things():
    told = {status: payer_message(status) for status in ChargeStatus.values}
    assert set(told.values()) == {"paid", "not_charged", "being_checked"}
    assert all(told[status] == "being_checked" for status in OPEN)
    assert [status for status, text in told.items() if text == "paid"] == [
        "succeeded",
        "won",
    ]


@pytest.mark.parametrize(
    ("changes", "borne"),
    [
        ({}, 18),
        ({"payer_debited": 1_000}, 18),
        ({"payer_debited": 1_018}, 0),
        ({"net": 982}, 18),
        ({"net": 1_000, "payer_debited": 1_018}, 0),
        ({"net": 991}, 9),
        ({"net": 5_000}, 18),
        ({"fee": None}, 0),
        ({"fee": 0}, 0),
    ],
)
def test_who_bears_the_fee(changes, borne):
    assert fee_we_bear(1_000, evidence(**changes)) == borne


def test_differences_are_named():
    charge = Charge(amount=1_000, currency="XOF", reference="LH1", gateway_id="1")
    assert differences(charge, evidence()) == []
    assert differences(charge, evidence(payer_debited=1_018)) == []
    other = evidence(amount=999, currency="EUR", reference=None, gateway_id="2")
    assert differences(charge, other) == [
        "currency",
        "amount",
        "reference",
        "gateway_id",
    ]


def test_limits_are_francs():
    assert is_within_limits(Money(100))
    assert not is_within_limits(Money(100, "EUR"))
