"""Brute force as a judge: what it calls wrong, and what it lets pass."""

from __future__ import annotations

from bench.search.exactness import _differences
from bench.search.load import Latencies

ROWS = [("a", 10.0), ("b", 20.0), ("c", 20.001), ("d", 300.0)]


def cards(*ids):
    return [{"id": name} for name in ids]


def test_the_same_order_is_right():
    assert _differences({}, cards("a", "b", "c", "d"), ROWS) == []


def test_two_at_one_distance_may_stand_either_way():
    assert _differences({}, cards("a", "c", "b", "d"), ROWS) == []


def test_a_missing_a_foreign_and_a_misplaced_answer_are_wrong():
    assert _differences({}, cards("a", "b", "c"), ROWS)
    assert _differences({}, cards("a", "b", "c", "x"), ROWS)
    assert _differences({}, cards("d", "b", "c", "a"), ROWS)


def test_rounds_are_summed_up_by_their_medians():
    rounds = [
        Latencies.of([float(n)] * 10, seconds=1, failed=failed)
        for n, failed in ((3, 0), (1, 1), (2, 0))
    ]
    middle = Latencies.middle(rounds)
    assert (middle.p50, middle.p99, middle.failed) == (2.0, 2.0, 1)
    assert Latencies.from_json(middle.as_json()) == middle
