"""What the platform refuses to start with, concerning carriers."""

import pytest

from messaging.checks import check_quiet_hours, check_sms_carrier


def ids(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return [message.id for message in check_sms_carrier(None)]


def test_a_carrier_that_does_not_exist_is_refused(settings):
    assert ids(settings, SMS_TRANSPORT="pigeon") == ["lokahome.E009"]


def test_twilio_without_its_account_is_refused(settings):
    assert ids(settings, SMS_TRANSPORT="twilio", TWILIO_FROM="") == ["lokahome.E010"]


def test_a_whole_account_passes(settings):
    account = {
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "t",
        "TWILIO_FROM": "LOKAHOME",
    }
    assert ids(settings, SMS_TRANSPORT="twilio", **account) == []


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("", []), ("21:00-07:00", []), ("nine to five", ["lokahome.E011"])],
)
def test_quiet_hours_that_are_none_are_refused(settings, hours, expected):
    settings.QUIET_HOURS = hours
    assert [message.id for message in check_quiet_hours(None)] == expected
