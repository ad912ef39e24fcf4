"""Which carrier is in use: `settings.SMS_TRANSPORT` names it."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from lokahome.core.http.client import OutgoingClient
from messaging.channels.base import SentReference, SmsTransport, SmsUnavailable
from messaging.channels.sms_caught import CaughtSms
from messaging.channels.sms_twilio import HOST, TwilioSms
from messaging.services.caught import keep_caught

SMS_TRANSPORTS = ("caught", "twilio", "none")


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
    if name == "twilio":
        return _twilio()
    raise LookupError(f"SMS_TRANSPORT names no carrier: {name}")


@cache
def _twilio() -> SmsTransport:
    base: str = settings.TWILIO_API_BASE
    hosts = {HOST, urlsplit(base).hostname or ""} if settings.DEBUG else {HOST}
    http = OutgoingClient(base, allowed_hosts=hosts, allow_loopback=settings.DEBUG)
    return TwilioSms(
        http,
        account=settings.TWILIO_ACCOUNT_SID,
        token=settings.TWILIO_AUTH_TOKEN,
        sender=settings.TWILIO_FROM,
    )
