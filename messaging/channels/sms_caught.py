"""Development's carrier: keeps messages instead of sending them."""

from __future__ import annotations

from collections.abc import Callable

from messaging.channels.base import SentReference

Keep = Callable[..., str]


class CaughtSms:
    """Hands each message to *keep*, which stores it and returns its id."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Keep the message; see `SmsTransport.send`."""
        kept = self._keep(
            channel="sms", to=to, subject="", text=text, reference=reference
        )
        return SentReference(transport_id=kept)
