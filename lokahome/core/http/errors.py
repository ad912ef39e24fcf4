"""What can go wrong on an outgoing call, told apart by what the other side may know.

The one question that matters for money is "may the request have been processed?".
``sent`` answers it: False only when nothing left this machine for sure.
No message carries a query string, a header or a body: they hold personal data.
"""


class OutgoingError(Exception):
    """Any failure of an outgoing call; ``sent`` tells whether it may have been acted on."""

    sent: bool = True


class Unreachable(OutgoingError):
    """Nothing was sent: name not found, refused, TLS failure, connect time-out."""

    sent = False


class AddressRefused(Unreachable):
    """The host resolved to an address we do not call (loopback, private, reserved)."""


class NoAnswer(OutgoingError):
    """The request may have been processed: read time-out, reset, total deadline."""


class AnswerTooLarge(NoAnswer):
    """The answer passed the size cap and was dropped; the request was processed."""


class NotJson(ValueError):
    """The body of an answer is not the JSON it should be."""


class HostRefused(ValueError):
    """The URL is not one this client may call (allow-list, scheme, shape of the path)."""


class CalledInsideTransaction(RuntimeError):
    """A database transaction is open: a slow server would hold its locks for it."""
