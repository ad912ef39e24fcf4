"""Quiet hours by the clocks of Benin (UTC+1 all year)."""

from datetime import UTC, datetime

import pytest

from messaging.services.quiet import hours_of, quiet_until


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T19:59:59", None),
        ("2026-11-23T20:00:00", "2026-11-24T06:00:00"),
        ("2026-11-23T23:30:00", "2026-11-24T06:00:00"),
        ("2026-11-24T00:30:00", "2026-11-24T06:00:00"),
        ("2026-11-24T05:59:59", "2026-11-24T06:00:00"),
        ("2026-11-24T06:00:00", None),
        ("2026-12-31T22:00:00", "2027-01-01T06:00:00"),
    ],
)
def test_the_night_is_quiet_and_its_end_is_not(settings, now, until):
    settings.QUIET_HOURS = "21:00-07:00"
    assert quiet_until(utc(now)) == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("now", "is_quiet"),
    [("2026-11-23T11:59:00", True), ("2026-11-23T13:00:00", False)],
)
def test_hours_within_a_day_are_understood_too(settings, now, is_quiet):
    settings.QUIET_HOURS = "12:00-14:00"
    assert (quiet_until(utc(now)) is not None) == is_quiet


def test_an_empty_setting_means_none(settings):
    settings.QUIET_HOURS = ""
    assert quiet_until(utc("2026-11-23T23:00:00")) is None


@pytest.mark.parametrize("text", ["21", "21:00", "21-7h", "25:00-07:00"])
def test_what_is_no_pair_of_hours_is_refused(text):
    with pytest.raises(ValueError, match="."):
        hours_of(text)
