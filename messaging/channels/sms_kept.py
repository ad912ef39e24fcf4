"""Development's way to read what left: a copy of each SMS that the carrier took."""

from __future__ import annotations

from collections.abc import Callable

from messaging.channels.base import SentReference, SmsTransport

Keep = Callable[..., str]


class KeptSms:
    """Sends by *carrier*, and hands *keep* a copy of what it took."""

    def __init__(self, carrier: SmsTransport, keep: Keep) -> None:
        self._carrier = carrier
        self._keep = keep

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Send, then keep; see `SmsTransport.send`."""
        sent = self._carrier.send(to, text, reference)
        self._keep(channel="sms", to=to, subject="", text=text, reference=reference)
        return sent
