"""Facts for tests, known to the outbox only while a test asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import EVENTS, Event


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    """A lamp was lit."""

    about: ClassVar[str] = "lamp_id"
    lamp_id: UUID
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class EverythingHappened(Event):
    """A fact with a field of every allowed kind."""

    about: ClassVar[str] = "thing_id"
    thing_id: UUID
    amount: int
    is_late: bool
    status: str
    due_on: date
    done_at: datetime
    parent_id: UUID | None = None
    paid_on: date | None = None
    closed_at: datetime | None = None
    currency: str | None = None


FACTS = {kind.name: EVENTS.pop(kind.name) for kind in (LampLit, EverythingHappened)}
