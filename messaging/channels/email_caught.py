"""Development's e-mail backend: keeps messages instead of sending them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

Keep = Callable[..., str]
_keep: list[Keep] = []


def keep_with(keep: Keep) -> None:
    """Say what stores caught mail. Django builds the backend by its path, so the store
    cannot be handed to it: the app does it at start-up."""
    _keep[:] = [keep]


class CaughtEmailBackend(BaseEmailBackend):
    """``EMAIL_BACKEND`` of development machines."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep each message once for each of its recipients; return how many."""
        for message in email_messages:
            own_id = str(message.extra_headers.get("Message-ID", ""))
            reference = own_id.strip("<>").partition("@")[0]
            for recipient in message.recipients():
                _keep[0](
                    channel="email",
                    to=recipient,
                    subject=str(message.subject),
                    text=str(message.body),
                    reference=reference[:64],
                )
        return len(email_messages)
