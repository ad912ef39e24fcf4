"""Twilio, as a carrier of SMS (its Programmable Messaging API, version 2010-04-01)."""

from __future__ import annotations

import base64
from urllib.parse import quote

from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.errors import NotJson, OutgoingError
from messaging.channels.base import CarrierRefused, CarrierUnavailable, SentReference

HOST = "api.twilio.com"
_TRANSIENT = {408, 425, 429}


class TwilioSms:
    """Sends from *sender*: a number (E.164), an alphanumeric name, or a service's id.

    Reports of what became of a message are asked for at *reports_to* with our reference
    added to it. Twilio has no key against repeats, so an answer lost on the way means a
    second SMS, unless a report of the first arrives before the next try: late twice is
    better than never for a sign-in code.
    """

    def __init__(
        self,
        http: OutgoingClient,
        *,
        account: str,
        token: str,
        sender: str,
        reports_to: str = "",
    ) -> None:
        self._reports_to = reports_to
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
        if self._reports_to:
            # Its reports carry Twilio's id, which we have only once it answered.
            form["StatusCallback"] = f"{self._reports_to}?message={quote(reference)}"
        try:
            answer = self._http.request(
                "POST", self._path, form=form, headers=self._headers
            )
            body = answer.json()
        except (OutgoingError, NotJson) as error:
            raise CarrierUnavailable from error
        if answer.status in {200, 201} and isinstance(body, dict) and body.get("sid"):
            return SentReference(transport_id=str(body["sid"])[:80])
        if answer.status in _TRANSIENT or not 400 <= answer.status < 500:
            raise CarrierUnavailable
        if answer.status in {401, 403}:
            # Our credentials, not this message: it waits until they are mended.
            raise CarrierUnavailable
        code = body.get("code") if isinstance(body, dict) else None
        raise CarrierRefused(f"twilio_{code or answer.status}")
