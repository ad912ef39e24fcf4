"""The phone decides: forms of numbers and the table of endings."""

import pytest

from payments.simulators.faults import CALL_FAULTS, WEBHOOK_FAULTS
from payments.simulators.fedapay.charges import ACTIONS
from payments.simulators.fedapay.outcomes import (
    OTHER,
    OUTCOMES,
    national,
    outcome_for,
)


@pytest.mark.parametrize(
    "number",
    [
        "64000001",
        "0164000001",
        "22964000001",
        "2290164000001",
        "+22964000001",
        "+2290164000001",
        "00229 01 64 00 00 01",
        64000001,
    ],
)
def test_every_form_of_a_number_is_the_same_number(number):
    assert national(number) == "64000001"


@pytest.mark.parametrize("number", ["", "640001", "+33612345678", None, True, [], "é"])
def test_other_countries_and_nonsense_are_no_number(number):
    assert national(number) is None


def test_any_number_ending_in_001_pays_and_unlisted_endings_fail():
    assert outcome_for("97123001") is OUTCOMES["001"]
    assert outcome_for("97123999") is OTHER


def test_every_outcome_names_actions_and_faults_that_exist():
    for outcome in OUTCOMES.values():
        assert {step.action for step in outcome.steps} <= {*ACTIONS, "note"}
        assert set(outcome.webhooks) <= set(WEBHOOK_FAULTS)
        assert outcome.call is None or outcome.call in CALL_FAULTS
        assert outcome.label
