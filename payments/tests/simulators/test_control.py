"""The control interface and the console: loopback only, and what they do."""

import pytest

from payments.simulators.faults import BadFault, Faults


@pytest.mark.parametrize("path", ["/", "/_control/book", "/_control/faults"])
def test_only_this_machine_by_its_own_name_gets_in(simulator, path):
    # DNS rebinding: a page of another site reaches loopback under its own name.
    answer = simulator.http.get(path, headers={"Host": "evil.test"})
    assert answer.status_code == 403
    assert simulator.http.get(path).status_code == 200


def test_a_page_of_another_site_may_not_post(simulator, api):
    number = api.push("LH-K1", "004")
    path = "/_control/fedapay/charges/LH-K1/approve"
    answer = simulator.http.post(path, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    assert api.status(number) == "pending"
    answer = simulator.http.post(path, headers={"Origin": simulator.url})
    assert answer.status_code == 200
    assert api.status(number) == "approved"


def test_a_forwarding_header_does_not_change_who_is_asking(simulator):
    answer = simulator.http.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("action", "status", "moved"),
    [
        ("approve", "approved", 25_000),
        ("decline", "declined", 0),
        ("cancel", "canceled", 0),
        ("expire", "expired", 0),
    ],
)
def test_the_tester_plays_the_payer(simulator, api, action, status, moved):
    reference = f"LH-K2-{action}"
    number = api.push(reference, "004")
    before = simulator.totals()["collected"]
    simulator.post(f"fedapay/charges/{reference}/{action}")
    assert api.status(number) == status
    assert simulator.totals()["collected"] - before == moved


def test_money_is_taken_once_and_given_back_once(simulator, api):
    api.push("LH-K3", "004")
    path = "/_control/fedapay/charges/LH-K3"
    codes = [
        simulator.http.post(f"{path}/{action}").status_code
        for action in ("approve", "approve", "transfer", "refund", "refund", "expire")
    ]
    assert codes == [200, 409, 200, 200, 409, 409]


def test_a_delay_puts_the_payer_off(simulator, api):
    number = api.push("LH-K4", "005")
    simulator.post("fedapay/charges/LH-K4/delay", seconds=3600)
    (row,) = simulator.charges("LH-K4")
    assert row["waiting_for"] == "approve"
    assert api.status(number) == "pending"


@pytest.mark.parametrize(
    "path",
    [
        "fedapay/charges/LH-absent/approve",
        "fedapay/charges/1/approve",
        "nobody/charges/1/approve",
        "fedapay/webhooks/evt_absent/replay",
        "fedapay/charges/1/explode",
    ],
)
def test_what_is_not_known_is_404(simulator, path):
    assert simulator.http.post(f"/_control/{path}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "nothing"},
        {"fault": "busy", "on": "x"},
        {"fault": "busy", "count": "é"},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(simulator, body):
    answer = simulator.http.post("/_control/faults", json=body)
    assert answer.status_code == 422


def test_the_console_shows_everything_and_its_buttons_work(simulator, api):
    reference = "LH-<b>K5</b>"
    number = api.push(reference, "004")
    page = simulator.http.get("/").text
    assert "LH-&lt;b&gt;K5&lt;/b&gt;" in page
    assert reference not in page
    assert f'action="/_control/fedapay/charges/{number}/approve"' in page
    assert "solde insuffisant après 2 s" in page
    answer = simulator.http.post(
        f"/_control/fedapay/charges/{number}/approve", data={"x": "1"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert api.status(number) == "approved"


def test_faults_by_count_and_reference_are_used_up():
    faults = Faults()
    faults.add({"fault": "busy", "on": "create", "reference": "A", "count": 2})
    assert faults.for_call("create", "B") is None
    assert faults.for_call("token", "A") is None
    used = [faults.for_call("create", "A") is not None for _ in range(3)]
    assert used == [True, True, False]


def test_faults_by_seed_can_be_repeated_and_have_their_rate():
    def run(seed):
        faults = Faults()
        faults.add({"seed": seed, "rate": 0.3, "faults": ["busy", "drop_after"]})
        found = [faults.for_call("create", f"LH-{n}") for n in range(2000)]
        return [fault.kind if fault else None for fault in found]

    first = run(7)
    assert first == run(7)
    assert first != run(8)
    assert 500 < sum(kind is not None for kind in first) < 700
    assert {"busy", "drop_after"} <= set(first)
    with pytest.raises(BadFault):
        Faults().add({"seed": 1, "faults": ["webhook_never"]})
