"""What every carrier of words must be able to do, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SentReference:
    """The carrier's own id of a message that it took."""

    transport_id: str


class CarrierUnavailable(Exception):
    """The carrier did not answer, or not clearly: try again later."""


class CarrierRefused(Exception):
    """The carrier will never take this message; *code* says why in one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsTransport(Protocol):
    """A carrier of SMS."""

    def send(self, to: str, text: str, reference: str) -> SentReference:
        """Hand *text* for *to* (E.164) over; return the carrier's id.

        *reference* is ours and the same on each try, for carriers that drop repeats or
        name it in their reports. Must end within 30 s. Raises CarrierUnavailable or
        CarrierRefused.
        """
        ...


class EmailTransport(Protocol):
    """A carrier of e-mail."""

    def send(self, to: str, subject: str, text: str, reference: str) -> SentReference:
        """Hand a letter over; see `SmsTransport.send`."""
        ...
