"""Twilio, as a carrier of SMS (its Programmable Messaging API, version 2010-04-01)."""

from __future__ import annotations

import base64

from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.errors import NotJson, OutgoingError
from messaging.channels.base import SentReference, SmsRefused, SmsUnavailable

HOST = "api.twilio.com"
_TRANSIENT = {408, 425, 429}


class TwilioSms:
    """Sends from *sender*: a number (E.164), an alphanumeric name, or a service's id.

    Twilio has no key against repeats, so an answer lost on the way means a second SMS:
    late twice is better than never for a sign-in code.
    """

    def __init__(
        self, http: OutgoingClient, *, account: str, token: str, sender: str
    ) -> None:
        self._http = http
        self._path = f"/2010-04-01/Accounts/{account}/Messages.json"
        pair = base64.b64encode(f"{account}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}
        # A messaging service (MG…) is another field than a number or a name.
        key = "MessagingServiceSid" if sender.startswith("MG") else "From"
        self._sender = {key: sender}

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Hand the message over; see `SmsTransport.send`."""
        form = {"To": to, "Body": text, **self._sender}
        try:
            answer = self._http.request(
                "POST", self._path, form=form, headers=self._headers
            )
            body = answer.json()
        except (OutgoingError, NotJson) as error:
            raise SmsUnavailable from error
        if answer.status in {200, 201} and isinstance(body, dict) and body.get("sid"):
            return SentReference(transport_id=str(body["sid"])[:80])
        if answer.status in _TRANSIENT or not 400 <= answer.status < 500:
            raise SmsUnavailable
        if answer.status in {401, 403}:
            # Our credentials, not this message: it waits until they are mended.
            raise SmsUnavailable
        code = body.get("code") if isinstance(body, dict) else None
        raise SmsRefused(f"twilio_{code or answer.status}")
