"""Limits that protect codes, money and SMS: exactly N, however many ask at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from lokahome.core import limits
from lokahome.core.errors import RateLimited
from lokahome.core.limits import (
    RateWindow,
    forget_old_windows,
    give_back,
    require_room,
    take,
)
from lokahome.tests.threads import race

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def passes(name, key, *, limit, now, window=HOUR):
    try:
        take(name, key, limit=limit, window=window, now=now)
    except RateLimited:
        return False
    return True


def test_exactly_n_of_fifty_pass_at_once(committed):
    def work(_index):
        return passes("codes", "+2290197000000", limit=7, now=NOON)

    assert race(50, work).count(True) == 7


def test_reading_before_writing_lets_more_than_n_pass(committed):
    """The control: what a cache-based throttle does, and why limits are one SQL."""
    everybody_has_read = threading.Barrier(20)

    def read_then_write(_index):
        window, _made = RateWindow.objects.get_or_create(
            name="codes",
            key_digest="x",
            defaults={"moments": [], "until": NOON + HOUR},
        )
        used = len(window.moments)
        everybody_has_read.wait(20)
        if used >= 7:
            return False
        window.moments = [*window.moments, NOON]
        window.save()
        return True

    assert race(20, read_then_write).count(True) > 7


def test_the_window_slides(db):
    for minute in (0, 20, 40):
        assert passes("a", "k", limit=3, now=NOON + timedelta(minutes=minute))
    assert not passes("a", "k", limit=3, now=NOON + timedelta(minutes=59))
    assert passes("a", "k", limit=3, now=NOON + timedelta(minutes=61))
    assert not passes("a", "k", limit=3, now=NOON + timedelta(minutes=62))


def test_a_refusal_does_not_prolong_the_wait(db):
    assert passes("a", "k", limit=1, now=NOON)
    for minute in range(1, 60, 10):
        assert not passes("a", "k", limit=1, now=NOON + timedelta(minutes=minute))
    assert passes("a", "k", limit=1, now=NOON + HOUR)


def test_the_refusal_says_when_to_come_back(db):
    take("a", "k", limit=1, window=HOUR, now=NOON)
    with pytest.raises(RateLimited) as refusal:
        take("a", "k", limit=1, window=HOUR, now=NOON + timedelta(minutes=50))
    wait = refusal.value.retry_after_seconds
    assert 600 <= wait <= 601
    assert passes("a", "k", limit=1, now=NOON + timedelta(minutes=50, seconds=wait))


def test_keys_and_names_are_counted_apart(db):
    assert passes("a", "k", limit=1, now=NOON)
    assert passes("a", "other", limit=1, now=NOON)
    assert passes("b", "k", limit=1, now=NOON)
    assert not passes("a", "k", limit=1, now=NOON)


def test_a_limit_of_zero_lets_nothing_pass(db):
    """An operator who sets a limit to 0 closes the door, from the first try on."""
    assert not passes("a", "k", limit=0, now=NOON)


def test_what_is_counted_is_not_kept_in_clear(db):
    take("codes", "+2290197000000", limit=3, window=HOUR, now=NOON)
    assert "97000000" not in str(RateWindow.objects.values().get())


def test_a_use_outlives_the_refusal_of_what_it_limited(committed):
    take("a", "k", limit=1, window=HOUR, now=NOON)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert not passes("a", "k", limit=1, now=NOON)


def test_windows_in_which_nothing_counts_are_forgotten(db):
    take("a", "old", limit=1, window=HOUR, now=NOON)
    take("a", "new", limit=1, window=HOUR, now=NOON + HOUR)
    assert forget_old_windows(now=NOON + HOUR + timedelta(seconds=1)) == 1
    assert RateWindow.objects.count() == 1


def test_a_window_never_holds_more_moments_than_its_limit(db):
    for minute in range(0, 600, 7):
        passes("a", "k", limit=5, now=NOON + timedelta(minutes=minute))
    assert len(RateWindow.objects.get().moments) <= 5
    assert limits.RateWindow is RateWindow


# --- Room, and what is given back ---------------------------------------------------------


def has_room(*, limit, now=NOON):
    try:
        require_room("a", "k", limit=limit, window=HOUR, now=now)
    except RateLimited:
        return False
    return True


def taken():
    return [moment for row in RateWindow.objects.all() for moment in row.moments]


def test_there_is_room_exactly_where_a_use_would_pass(db):
    for _ in range(3):
        assert has_room(limit=3)
        assert passes("a", "k", limit=3, now=NOON)
    assert not has_room(limit=3)
    assert not passes("a", "k", limit=3, now=NOON)
    require_room("a", "other", limit=3, window=HOUR, now=NOON)
    assert not has_room(limit=0)


def test_asking_for_room_counts_nothing(db):
    for _ in range(5):
        assert has_room(limit=1)
    assert taken() == []
    take("a", "k", limit=1, window=HOUR, now=NOON)
    for _ in range(5):
        assert not has_room(limit=1)
    assert taken() == [NOON]


def test_no_room_says_when_to_come_back_to_the_second(db):
    for minute in (0, 20):
        take("a", "k", limit=2, window=HOUR, now=NOON + timedelta(minutes=minute))
    asked = NOON + timedelta(minutes=50)
    with pytest.raises(RateLimited) as refusal:
        require_room("a", "k", limit=2, window=HOUR, now=asked)
    wait = refusal.value.retry_after_seconds
    assert (
        wait == 601
    ), "ten minutes to the end of the oldest use, and it has to be over"
    assert not has_room(limit=2, now=asked + timedelta(seconds=wait - 2))
    assert has_room(limit=2, now=asked + timedelta(seconds=wait))


def test_of_two_at_once_one_takes_the_last_room_and_both_see_it_gone(committed):
    for _ in range(4):
        take("a", "k", limit=5, window=HOUR, now=NOON)

    def work(_index):
        return passes("a", "k", limit=5, now=NOON), has_room(limit=5)

    results = race(2, work)
    assert sorted(took for took, _room in results) == [False, True]
    assert [room for _took, room in results] == [False, False]
    assert len(taken()) == 5


def test_what_two_give_back_at_once_is_free_again(committed):
    for _ in range(2):
        take("a", "k", limit=2, window=HOUR, now=NOON)
    assert not has_room(limit=2)
    assert race(2, lambda _: give_back("a", "k", now=NOON)) == [None, None]
    assert taken() == []
    assert [passes("a", "k", limit=2, now=NOON) for _ in range(3)] == [
        *(True, True),
        False,
    ]


def test_control_giving_back_by_reading_first_forgets_one_of_two(committed):
    """The race above is real: what was read is written over what the other gave back."""
    for minute in range(2):
        take("a", "k", limit=2, window=HOUR, now=NOON + timedelta(minutes=minute))
    both_have_read = threading.Barrier(2)

    def read_then_write(index):
        row = RateWindow.objects.get()
        both_have_read.wait(20)
        row.moments.remove(NOON + timedelta(minutes=index))
        row.save()

    race(2, read_then_write)
    assert len(taken()) == 1


def test_taking_and_giving_back_at_once_loses_and_invents_nothing(committed):
    """Each moment is one's own; what was refused is not given back."""

    def work(index):
        kept = 0
        for step in range(20):
            now = NOON + timedelta(seconds=step, milliseconds=index)
            if not passes("a", "k", limit=6, now=now):
                continue
            if step % 2:
                kept += 1
            else:
                give_back("a", "k", now=now)
        return kept

    kept = race(2, work)
    assert sum(kept) == len(taken()) <= 6
    assert has_room(limit=sum(kept) + 1, now=NOON + timedelta(seconds=30))
    assert not has_room(limit=sum(kept), now=NOON + timedelta(seconds=30))


def test_one_use_is_given_back_and_not_all_of_its_moment(db):
    for _ in range(3):
        take("a", "k", limit=3, window=HOUR, now=NOON)
    give_back("a", "k", now=NOON)
    assert taken() == [NOON, NOON]


def test_giving_back_never_goes_below_nothing(db):
    give_back("a", "k", now=NOON)
    assert not RateWindow.objects.exists()
    take("a", "k", limit=2, window=HOUR, now=NOON)
    for _ in range(3):
        give_back("a", "k", now=NOON)
    assert taken() == []
    assert [passes("a", "k", limit=2, now=NOON) for _ in range(3)] == [
        *(True, True),
        False,
    ]


def test_giving_back_another_moment_or_key_changes_nothing(db):
    take("a", "k", limit=1, window=HOUR, now=NOON)
    give_back("a", "k", now=NOON + timedelta(microseconds=1))
    give_back("a", "other", now=NOON)
    give_back("b", "k", now=NOON)
    assert taken() == [NOON]
