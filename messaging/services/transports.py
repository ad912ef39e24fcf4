"""Which carriers are in use: settings name them."""

from __future__ import annotations

import smtplib
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.transactions import refuse_inside_transaction
from messaging.channels.base import (
    CarrierRefused,
    CarrierUnavailable,
    EmailTransport,
    SentReference,
    SmsTransport,
)
from messaging.channels.sms_caught import CaughtSms
from messaging.channels.sms_kept import KeptSms
from messaging.channels.sms_twilio import HOST, TwilioSms
from messaging.services.caught import keep_caught

SMS_TRANSPORTS = ("caught", "twilio", "none")
DELIVERIES = "/api/v1/sms/twilio/deliveries"


class NoCarrier:
    """Stands where no carrier is configured: messages wait for one."""

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Raise CarrierUnavailable, always."""
        raise CarrierUnavailable


def sms_transport() -> SmsTransport:
    """Return the carrier of this installation; raises LookupError for a wrong name.

    Behind the doors of development, a copy of what it takes is kept for the eye.
    """
    name: str = settings.SMS_TRANSPORT
    if name == "caught":
        return CaughtSms(keep_caught)
    if name == "none":
        return NoCarrier()
    if name == "twilio":
        carrier = _twilio(settings.TWILIO_API_BASE, settings.PUBLIC_URL)
        is_watched = settings.DEBUG and settings.DEV_DOORS
        return KeptSms(carrier, keep_caught) if is_watched else carrier
    raise LookupError(f"SMS_TRANSPORT names no carrier: {name}")


@cache
def _twilio(base: str, public_url: str) -> SmsTransport:
    hosts = {HOST, urlsplit(base).hostname or ""} if settings.DEBUG else {HOST}
    http = OutgoingClient(base, allowed_hosts=hosts, allow_loopback=settings.DEBUG)
    return TwilioSms(
        http,
        account=settings.TWILIO_ACCOUNT_SID,
        token=settings.TWILIO_AUTH_TOKEN,
        sender=settings.TWILIO_FROM,
        reports_to=f"{public_url}{DELIVERIES}",
    )


class DjangoMail:
    """Django's mail backend as a carrier: one recipient, no attachment, plain text."""

    def send(self, to: str, subject: str, text: str, reference: str) -> SentReference:
        """Hand a letter over; see `EmailTransport.send`.

        Its Message-ID is made of our reference, so mailboxes drop a repeat.
        """
        refuse_inside_transaction()
        domain = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
        message_id = f"<{reference}@{domain}>"
        mail = EmailMessage(
            subject=subject,
            body=text,
            to=[to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _answer in error.recipients.values()]
            if codes and all(code >= 500 for code in codes):
                raise CarrierRefused(f"smtp_{codes[0]}") from error
            raise CarrierUnavailable from error
        except (smtplib.SMTPException, OSError) as error:
            raise CarrierUnavailable from error
        except ValueError as error:
            # An address that looks right and that no header can hold.
            raise CarrierRefused("address") from error
        return SentReference(transport_id=message_id)


def email_transport() -> EmailTransport:
    """Return the carrier of e-mail: what EMAIL_BACKEND and EMAIL_URL say."""
    return DjangoMail()
