"""The book: append-only, durable, adding up."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.simulators.book import Book, BookTaken
from payments.simulators.fedapay.wire import collect_fee, payout_fee
from payments.tests.simulation import Simulator, wait_until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "book.sqlite"


def test_entries_come_back_in_order_and_by_reference(path):
    book = Book(path)
    first = book.append("fedapay", "a", reference="LH-1", amount=5, data={"é": 1})
    book.append("fedapay", "b", reference="LH-2")
    assert [entry.kind for entry in book.entries()] == ["a", "b"]
    assert list(book.entries(reference="LH-1")) == [first]
    assert [entry.kind for entry in book.entries(since=first.seq)] == ["b"]


def test_a_book_has_one_writer(path):
    book = Book(path)
    with pytest.raises(BookTaken):
        Book(path)
    book.close()
    Book(path).close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET amount = 1",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries",
    ],
)
def test_the_book_refuses_to_be_edited(path, statement):
    book = Book(path)
    book.append("fedapay", "transaction.approved", amount=100, fee=2)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        book._db.execute(statement)
    assert book.totals()["collected"] == 100


@pytest.mark.parametrize("amount", [-1, 1.5, "x", None])
def test_the_book_takes_whole_francs_only(path, amount):
    with pytest.raises(sqlite3.IntegrityError):
        Book(path).append("fedapay", "transaction.approved", amount=amount)


money = st.integers(min_value=100, max_value=3_000_000)
kinds = st.sampled_from(
    [
        "transaction.created",
        "transaction.approved",
        "transaction.declined",
        "transaction.refunded",
        "payout.started",
        "payout.sent",
    ]
)


@given(st.lists(st.tuples(kinds, money), max_size=40))
@settings(deadline=None, max_examples=40)
def test_totals_are_the_sums_of_what_moved_money(tmp_path_factory, moves):
    book = Book(tmp_path_factory.mktemp("book") / "book.sqlite")
    wanted = dict.fromkeys(("collected", "fees", "refunded", "paid_out"), 0)
    payout_fees = 0
    for kind, amount in moves:
        fee = 0
        if kind == "transaction.approved":
            fee = collect_fee(amount)
            wanted["collected"] += amount
            wanted["fees"] += fee
        elif kind == "transaction.refunded":
            wanted["refunded"] += amount
        elif kind == "payout.sent":
            fee = payout_fee(amount)
            wanted["paid_out"] += amount
            payout_fees += fee
        book.append("fedapay", kind, amount=amount, fee=fee)
    totals = book.totals()
    book.close()
    assert {key: totals[key] for key in wanted} == wanted
    assert totals["payout_fees"] == payout_fees
    kept = wanted["collected"] - wanted["fees"] - wanted["refunded"]
    assert totals["net"] == kept - wanted["paid_out"] - payout_fees


def test_fees_are_rounded_half_up_and_steps_include_their_bound():
    assert [collect_fee(n) for n in (100, 25_000, 250, 27, 28)] == [2, 450, 5, 0, 1]
    assert [payout_fee(n) for n in (10_000, 10_001, 500_000, 500_001)] == [
        *(150, 300, 2_000, 2_500),
    ]


def test_a_killed_simulator_comes_back_with_all_it_answered(tmp_path):
    """Killed with a charge waiting and one paid: both are there, the first goes on."""
    from payments.tests.simulators.conftest import FedaPayApi

    simulator = Simulator(tmp_path / "book.sqlite", scale=0.2).start()
    try:
        api = FedaPayApi(simulator)
        paid = api.push("LH-PAID")
        simulator.post("fedapay/charges/LH-PAID/approve")
        waiting = api.push("LH-WAITING", "001")
        before = simulator.get("book")
        simulator.kill()
        simulator.start()
        after = simulator.get("book")["rows"][: len(before["rows"])]
        assert after == before["rows"]
        assert api.status(paid) == "approved"
        # Its payer was to approve after 0.4 s, whoever was listening then.
        wait_until(lambda: api.status(waiting) == "approved")
        assert simulator.totals()["collected"] == 50_000
        assert api.create("LH-PAID").status_code == 422
    finally:
        simulator.stop()
