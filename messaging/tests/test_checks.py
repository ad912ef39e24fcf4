"""What the platform refuses to start with, concerning carriers."""

from messaging.checks import check_sms_carrier


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
