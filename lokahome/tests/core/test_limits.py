"""Limits that protect codes, money and SMS: exactly N, however many ask at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from lokahome.core import limits
from lokahome.core.errors import RateLimited
from lokahome.core.limits import RateWindow, forget_old_windows, take
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
