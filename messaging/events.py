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
