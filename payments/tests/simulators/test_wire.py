"""The simulator's HTTP against what FedaPay documents, without the adapter."""

import pytest


def test_the_key_is_asked_for(simulator, api):
    for headers in ({}, {"Authorization": "Bearer sk_sandbox_autre"}):
        answer = simulator.http.get("/v1/transactions/1", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["message"]


def test_a_transaction_comes_under_a_key_with_a_slash(api):
    answer = api.create("LH-W1", custom_metadata={"bail": "é"})
    assert answer.status_code == 201
    row = answer.json()["v1/transaction"]
    assert row["klass"] == "v1/transaction"
    assert row["status"] == "pending"
    assert row["merchant_reference"] == "LH-W1"
    assert row["reference"].startswith("trx_")
    assert row["currency_id"] == 1
    assert row["custom_metadata"] == {"bail": "é"}
    assert row["fees"] is None
    assert row["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 99),
        ("amount", 25_000.5),
        ("amount", "25000"),
        ("amount", True),
        ("amount", None),
        ("currency", "XOF"),
        ("currency", {"iso": "EUR"}),
        ("description", ""),
        ("merchant_reference", 7),
        ("callback_url", "javascript:alert(1)"),
        ("custom_metadata", []),
    ],
)
def test_bad_input_is_422_with_the_field(simulator, api, field, value):
    answer = api.create("LH-W-BAD", **{field: value})
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert simulator.rows("LH-W-BAD") == []


def test_a_reference_is_taken_once(api):
    assert api.create("LH-W2").status_code == 201
    answer = api.create("LH-W2")
    assert answer.status_code == 422
    assert "merchant_reference" in answer.json()["errors"]


def test_what_is_not_there_is_404_in_json(api):
    for path in ("/v1/transactions/1", "/v1/payouts/1", "/v1/nothing/at/all"):
        answer = api.call("GET", path)
        assert answer.status_code == 404
        assert answer.json()["message"]


def test_a_body_that_is_no_object_is_400(simulator, api):
    for content in (b"{", b"[]", b'"x"', b"\xff"):
        answer = simulator.http.post(
            "/v1/transactions", content=content, headers=api.headers
        )
        assert answer.status_code == 400


def test_both_push_paths_are_served(api, wait_until):
    for mode in ("moov", "transactions/moov"):
        number = api.push(f"LH-W-{mode}", mode=mode)
        wait_until(lambda number=number: api.status(number) == "approved")


def test_an_unknown_mode_is_not_authorised(api):
    created = api.create("LH-W3").json()["v1/transaction"]
    token = api.call("POST", f"/v1/transactions/{created['id']}/token").json()["token"]
    answer = api.call("POST", "/v1/orange", token=token)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Opération non autorisée",
    )


@pytest.mark.parametrize(
    "phone",
    [
        None,
        "66000001",
        {"number": "66000001"},
        {"number": "66000001", "country": "BJ"},
        {"number": "6600001", "country": "bj"},
        {"number": "+22866000001", "country": "bj"},
    ],
)
def test_a_bad_phone_is_422(simulator, api, phone):
    created = api.create(f"LH-W-{phone}").json()["v1/transaction"]
    token = api.call("POST", f"/v1/transactions/{created['id']}/token").json()["token"]
    answer = api.call("POST", "/v1/mtn_open", token=token, phone_number=phone)
    assert answer.status_code == 422
    assert simulator.charges(f"LH-W-{phone}")[0]["pushes"] == 0


def test_a_paid_transaction_is_not_pushed_again(api, wait_until):
    number = api.push("LH-W4")
    wait_until(lambda: api.status(number) == "approved")
    assert api.call("POST", f"/v1/transactions/{number}/token").status_code == 422


def test_a_declined_transaction_can_be_pushed_again(api, wait_until):
    number = api.push("LH-W5", "002")
    wait_until(lambda: api.status(number) == "declined")
    token = api.call("POST", f"/v1/transactions/{number}/token").json()["token"]
    phone = {"number": "64000001", "country": "bj"}
    api.call("POST", "/v1/mtn_open", token=token, phone_number=phone)
    wait_until(lambda: api.status(number) == "approved")


def test_lists_have_meta(api):
    for number in range(3):
        api.create(f"LH-PAGE-{number}")
    path = "/v1/transactions/search?search=LH-PAGE&per_page=2"
    first = api.call("GET", f"{path}&page=1").json()
    assert [row["merchant_reference"] for row in first["v1/transactions"]] == [
        *("LH-PAGE-2", "LH-PAGE-1"),
    ]
    assert first["meta"] == {
        "current_page": 1,
        "next_page": 2,
        "prev_page": None,
        "per_page": 2,
        "total_pages": 2,
        "total_count": 3,
    }
    last = api.call("GET", f"{path}&page=2").json()
    assert len(last["v1/transactions"]) == 1
    assert last["meta"]["next_page"] is None


def test_a_payout_is_pending_until_it_is_started_and_starts_once(api, wait_until):
    fields = {
        "amount": 20_000,
        "currency": {"iso": "XOF"},
        "description": "Loyer reversé",
        "mode": "moov",
        "merchant_reference": "LHP-W1",
    }
    row = api.call("POST", "/v1/payouts", **fields).json()["v1/payout"]
    assert row["status"] == "pending"
    entry = {"id": row["id"], "phone_number": {"number": "64990001", "country": "bj"}}
    started = api.call("PUT", "/v1/payouts/start", payouts=[entry])
    assert started.json()["v1/payouts"][0]["status"] == "started"
    again = api.call("PUT", "/v1/payouts/start", payouts=[entry])
    assert again.status_code == 422

    def sent():
        found = api.call("GET", "/v1/payouts/merchant/LHP-W1").json()["v1/payout"]
        return found["status"] == "sent"

    wait_until(sent)


def test_events_balances_currencies_and_fees_are_served(api):
    created = api.create("LH-W6").json()["v1/transaction"]
    events = api.call("GET", "/v1/events").json()["v1/events"]
    assert events[0]["type"] == "transaction.created"
    assert api.call("GET", "/v1/balances").json()["v1/balances"][0]["id"] == 1
    currencies = api.call("GET", "/v1/currencies").json()["v1/currencies"]
    assert currencies[0]["iso"] == "XOF"
    token = api.call("POST", f"/v1/transactions/{created['id']}/token").json()["token"]
    fees = api.call("GET", f"/v1/transactions/fees?token={token}&mode=moov").json()
    assert fees["fees"] == 450
