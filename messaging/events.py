"""Facts about messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ResendRequested(Event):
    """A member of the staff wants a message that did not leave to be tried again."""

    about: ClassVar[str] = "message_id"
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class InboundSmsReceived(Event):
    """Somebody sent us an SMS; it is stored and waits to be followed."""

    about: ClassVar[str] = "inbound_id"
    inbound_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``inbound:`` alone would say nothing."""
        return f"inbound_sms:{self.inbound_id}"
