"""Which carrier is in use: `settings.SMS_TRANSPORT` names it."""

from __future__ import annotations

from django.conf import settings

from messaging.channels.base import SentReference, SmsTransport, SmsUnavailable
from messaging.channels.sms_caught import CaughtSms
from messaging.services.caught import keep_caught


class NoCarrier:
    """Stands where no carrier is configured: messages wait for one."""

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Raise SmsUnavailable, always."""
        raise SmsUnavailable


def sms_transport() -> SmsTransport:
    """Return the carrier of this installation; raises LookupError for a wrong name."""
    name: str = settings.SMS_TRANSPORT
    if name == "caught":
        return CaughtSms(keep_caught)
    if name == "none":
        return NoCarrier()
    raise LookupError(f"SMS_TRANSPORT names no carrier: {name}")
