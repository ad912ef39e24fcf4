"""The clock: aware moments, and days as people in Benin live them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from lokahome.core import clock


def test_now_is_aware_and_in_utc():
    assert clock.now().utcoffset() == timedelta(0)


def test_tests_can_move_it():
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False):
        assert clock.now() == datetime(2027, 3, 1, 12, tzinfo=UTC)
        assert clock.today() == date(2027, 3, 1)


def test_the_day_in_benin_begins_an_hour_before_the_day_in_utc():
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert clock.local_day(late) == date(2027, 1, 1)
    assert clock.local_day(late - timedelta(hours=1)) == date(2026, 12, 31)
    with time_machine.travel(late, tick=False):
        assert clock.today() == date(2027, 1, 1)


def test_there_is_no_summer_time():
    for month in (1, 7):
        moment = datetime(2026, month, 15, 12, tzinfo=clock.PORTO_NOVO)
        assert moment.utcoffset() == timedelta(hours=1)


def test_a_moment_without_a_zone_is_not_taken_for_one_of_the_machine():
    with pytest.raises(ValueError, match="aware"):
        clock.local_day(datetime(2026, 1, 1))  # noqa: DTZ001
