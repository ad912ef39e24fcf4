"""Facts about how people stand with the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class SanctionImposed(Event):
    """A sanction is in force from now on: *measure* is its kind."""

    about: ClassVar[str] = "sanction_id"
    sanction_id: UUID
    person_id: UUID
    measure: str


@dataclass(frozen=True, kw_only=True)
class SanctionEnded(Event):
    """A sanction is over, by its time (*outcome* ``expired``) or by staff (``lifted``)."""

    about: ClassVar[str] = "sanction_id"
    sanction_id: UUID
    person_id: UUID
    measure: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class AppealFiled(Event):
    """Somebody asks that a decision be looked at again."""

    about: ClassVar[str] = "appeal_id"
    appeal_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppealDecided(Event):
    """An appeal was answered: *outcome* is upheld, overturned or modified."""

    about: ClassVar[str] = "appeal_id"
    appeal_id: UUID
    person_id: UUID
    outcome: str
