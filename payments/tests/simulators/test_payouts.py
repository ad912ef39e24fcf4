"""Money that goes out: what each ending receives, mishaps, and what the tester can do."""

import itertools
import time

import pytest

from payments.simulators.faults import CALL_FAULTS, WEBHOOK_FAULTS
from payments.simulators.fedapay import receivers
from payments.simulators.fedapay.outcomes import OUTCOMES
from payments.simulators.fedapay.payouts import ENDINGS
from payments.simulators.fedapay.receivers import RECEIVERS, receiver_of

_wallets = itertools.count(1)


def send(api, reference, ending="001", *, amount=20_000):
    """Create and start a payout to a fresh number; return its id and the answer."""
    fields = {
        "amount": amount,
        "currency": {"iso": "XOF"},
        "mode": "mtn",
        "description": "Versement",
        "merchant_reference": reference,
    }
    created = api.call("POST", "/v1/payouts", **fields).json()["v1/payout"]
    number = f"+22901661{next(_wallets):02}{ending}"
    entry = {"id": created["id"], "phone_number": {"number": number, "country": "bj"}}
    return created["id"], api.call("PUT", "/v1/payouts/start", payouts=[entry])


def shown(api, number):
    return api.call("GET", f"/v1/payouts/{number}").json()["v1/payout"]


def names(receiver, reference):
    return [row[1].split(b'"name": "')[1].split(b'"')[0] for row in receiver(reference)]


def test_every_ending_names_actions_and_faults_that_exist():
    assert set(RECEIVERS) == set(OUTCOMES) - {"017"}
    for outcome in RECEIVERS.values():
        assert {step.action for step in outcome.steps} <= set(ENDINGS)
        assert set(outcome.webhooks) <= set(WEBHOOK_FAULTS)
        assert outcome.call is None or outcome.call in CALL_FAULTS
        assert outcome.label
    assert receiver_of("97123999") is receivers.OTHER


def test_whoever_can_pay_can_be_paid_back():
    troubled = {f"{ending:03}" for ending in range(21, 30)}
    for ending, outcome in OUTCOMES.items():
        if outcome.steps and outcome.steps[-1].action == "approve":
            last = RECEIVERS[ending].steps[-1:]
            arrives = bool(last) and last[0].action == "send"
            assert arrives or ending in troubled, ending


@pytest.mark.parametrize("ending", ["001", "005", "006", "008", "012", "014", "024"])
def test_it_arrives_with_its_fee_once(simulator, api, wait_until, ending):
    reference = f"LP-A{ending}"
    before = simulator.totals()
    number, answer = send(api, reference, ending)
    assert answer.status_code == 200
    wait_until(lambda: shown(api, number)["status"] == "sent")
    row = shown(api, number)
    assert (row["amount"], row["fees"], row["last_error_code"]) == (20_000, 300, None)
    after = simulator.totals()
    assert after["paid_out"] - before["paid_out"] == 20_000
    assert after["payout_fees"] - before["payout_fees"] == 300
    assert before["net"] - after["net"] == 20_300


@pytest.mark.parametrize("ending", ["002", "003", "021", "025", "029", "999"])
def test_it_fails_and_moves_nothing(simulator, api, wait_until, ending):
    before = simulator.totals()
    number, _answer = send(api, f"LP-F{ending}", ending)
    wait_until(lambda: shown(api, number)["status"] == "failed")
    assert shown(api, number)["last_error_code"] == "API_ERROR"
    assert simulator.totals() == before


@pytest.mark.parametrize("ending", ["016", "026"])
def test_a_refused_number_is_422_and_stays_pending(api, ending):
    number, answer = send(api, f"LP-R{ending}", ending)
    assert answer.status_code == 422
    assert "phone_number" in answer.json()["errors"]
    assert shown(api, number)["status"] == "pending"


def test_a_failed_one_can_arrive_after_all(simulator, api, wait_until):
    number, _answer = send(api, "LP-L1", "023")
    wait_until(lambda: shown(api, number)["status"] == "sent")
    kinds = [row["kind"] for row in simulator.rows("LP-L1")]
    assert [kind for kind in kinds if kind.startswith("payout")] == [
        "payout.created",
        "payout.started",
        "payout.failed",
        "payout.sent",
    ]
    assert shown(api, number)["last_error_code"] is None


def test_the_call_of_028_answers_500_and_the_payout_arrives(api, wait_until):
    number, answer = send(api, "LP-C1", "028")
    assert answer.status_code == 500
    wait_until(lambda: shown(api, number)["status"] == "sent")


@pytest.mark.parametrize(
    ("fault", "on", "status"),
    [
        ("error_before", "payout_start", "pending"),
        ("error_after", "payout_start", "started"),
        ("busy", "payout_start", "pending"),
    ],
)
def test_a_fault_by_control_is_before_or_after_accepting(
    simulator, api, fault, on, status
):
    reference = f"LP-V-{fault}"
    simulator.fault(fault, on=on, reference=reference)
    number, answer = send(api, reference, "022")
    assert answer.status_code in (429, 500)
    assert shown(api, number)["status"] == status


def test_the_tester_plays_the_operator(simulator, api):
    number, _answer = send(api, "LP-T1", "022")
    path = "/_control/fedapay/payouts/LP-T1"
    codes = [
        simulator.http.post(f"{path}/{action}").status_code
        for action in ("fail", "fail", "send", "send", "fail", "explode")
    ]
    assert codes == [200, 409, 200, 409, 409, 404]
    assert shown(api, number)["status"] == "sent"


def test_a_delay_puts_the_arrival_off(simulator, api):
    number, _answer = send(api, "LP-T2", "024")
    simulator.post("fedapay/payouts/LP-T2/delay", seconds=3600)
    (row,) = simulator.payouts("LP-T2")
    assert (row["ending"], row["waiting_for"]) == ("024", "send")
    assert shown(api, number)["status"] == "started"


def test_webhooks_tell_each_step_and_006_is_lost(simulator, api, receiver, wait_until):
    send(api, "LP-W1", "006")
    send(api, "LP-W2", "007")
    told = wait_until(
        lambda: len(receiver.about("LP-W2")) == 5 and names(receiver.about, "LP-W2")
    )
    assert sorted(told) == [
        b"payout.created",
        *[b"payout.sent"] * 2,
        *[b"payout.started"] * 2,
    ]
    wait_until(lambda: simulator.payouts("LP-W1")[0]["status"] == "sent")
    time.sleep(0.1)
    assert names(receiver.about, "LP-W1") == [b"payout.created"]


def test_a_forged_one_claims_that_it_arrived(simulator, api, receiver, wait_until):
    send(api, "LP-W3", "022")
    wait_until(lambda: len(receiver.about("LP-W3")) == 2)
    simulator.post("fedapay/payouts/LP-W3/forge")
    wait_until(lambda: len(receiver.about("LP-W3")) == 3)
    _headers, body = receiver.about("LP-W3")[-1]
    assert b'"name": "payout.sent"' in body
    assert b'"status": "sent"' in body


def test_the_console_has_payouts_with_their_buttons_and_both_columns(simulator, api):
    number, _answer = send(api, "LP-K1", "022")
    page = simulator.http.get("/").text
    assert f'action="/_control/fedapay/payouts/{number}/send"' in page
    assert f'action="/_control/fedapay/payouts/{number}/delay"' in page
    assert "Quand il reçoit" in page
    assert "échoue après 2 s, puis arrive après 6 s (même envoi)" in page
    answer = simulator.http.post(
        f"/_control/fedapay/payouts/{number}/send", data={"x": "1"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert shown(api, number)["status"] == "sent"


def test_a_restart_goes_on_where_it_stopped(tmp_path):
    from payments.tests.simulation import Simulator, wait_until
    from payments.tests.simulators.conftest import FedaPayApi

    simulator = Simulator(tmp_path / "book.sqlite", scale=0.1).start()
    try:
        api = FedaPayApi(simulator)
        number, _answer = send(api, "LP-S1", "023")
        wait_until(lambda: shown(api, number)["status"] == "failed")
        simulator.kill()
        simulator.start()
        wait_until(lambda: shown(api, number)["status"] == "sent")
        assert simulator.totals()["paid_out"] == 20_000
    finally:
        simulator.stop()
