"""What tests of words share."""

import pytest


@pytest.fixture(autouse=True)
def no_quiet_hours(settings):
    """Let messages leave at whatever hour the tests run; tests of quiet hours set them."""
    settings.QUIET_HOURS = ""
