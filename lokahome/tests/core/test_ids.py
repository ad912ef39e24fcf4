"""Identifiers: unique, sorted by time, laid out as RFC 9562 says."""

from __future__ import annotations

import threading
import time
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from lokahome.core import ids
from lokahome.core.ids import uuid7


def test_an_id_is_a_version_7_uuid_of_this_moment(monkeypatch):
    # A test that travelled to the future left the last id there.
    monkeypatch.setattr(ids, "_last_millis", 0)
    before = time.time_ns() // 1_000_000
    value = uuid7()
    after = time.time_ns() // 1_000_000
    assert value.version == 7
    assert value.variant == RFC_4122
    assert before <= value.int >> 80 <= after


def test_ids_of_one_process_come_in_order_even_within_a_millisecond():
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_text_order_is_id_order():
    made = [str(uuid7()) for _ in range(500)]
    assert made == sorted(made)


@given(st.lists(st.integers(0, 2**47), min_size=1, max_size=60))
def test_a_clock_that_jumps_back_never_makes_an_older_id(millis):
    """An NTP step back must not put a new row before one that was paged past."""
    moments = iter(millis)
    state = ids._last_millis, ids._sequence
    real = ids.time.time_ns
    ids._last_millis, ids._sequence = 0, 0
    try:
        ids.time.time_ns = lambda: next(moments) * 1_000_000
        made = [uuid7() for _ in millis]
    finally:
        ids.time.time_ns = real
        ids._last_millis, ids._sequence = state
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(value.version == 7 and value.variant == RFC_4122 for value in made)


def test_more_ids_than_a_millisecond_holds_borrow_the_next_one(monkeypatch):
    frozen = time.time_ns()
    monkeypatch.setattr(ids, "_last_millis", 0)
    monkeypatch.setattr(ids, "_sequence", 0)
    monkeypatch.setattr(ids.time, "time_ns", lambda: frozen)
    made = [uuid7() for _ in range(9_000)]
    assert made == sorted(made)
    assert len(set(made)) == 9_000
    assert made[-1].int >> 80 > frozen // 1_000_000


def test_threads_never_share_an_id():
    made: list[list[UUID]] = [[] for _ in range(8)]

    def work(mine: list[UUID]) -> None:
        mine.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({value for mine in made for value in mine}) == 16_000
    assert all(mine == sorted(mine) for mine in made)
