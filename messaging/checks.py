"""System checks of the carriers of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from messaging.services.quiet import hours_of
from messaging.services.transports import SMS_TRANSPORTS


@register(Tags.security)
def check_quiet_hours(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E011: QUIET_HOURS is no pair of hours."""
    try:
        hours_of(settings.QUIET_HOURS)
    except ValueError:
        return [
            Error(
                f"QUIET_HOURS is no pair of hours: {settings.QUIET_HOURS}.",
                hint="Write 21:00-07:00, or nothing for no quiet hours.",
                id="lokahome.E011",
            )
        ]
    return []


@register(Tags.security)
def check_sms_carrier(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """E009: SMS_TRANSPORT names no carrier; E010: the carrier's account is not whole."""
    name: str = settings.SMS_TRANSPORT
    if name not in SMS_TRANSPORTS:
        names = ", ".join(SMS_TRANSPORTS)
        return [
            Error(
                f"SMS_TRANSPORT names no carrier: {name}.",
                hint=f"One of {names}.",
                id="lokahome.E009",
            )
        ]
    account = (
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_FROM,
    )
    if name == "twilio" and not all(account):
        return [
            Error(
                "SMS_TRANSPORT is twilio; an account, a token or a sender is missing.",
                hint="Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.",
                id="lokahome.E010",
            )
        ]
    return []
