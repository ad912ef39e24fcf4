"""Facts about cases, identity documents and what the staff found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    """Something waits for a decision of the staff."""

    about: ClassVar[str] = "case_id"
    case_id: UUID
    kind: str
    queue: str
    subject_ref: str


@dataclass(frozen=True, kw_only=True)
class CaseDecided(Event):
    """The staff (or the system, when the question went away) decided a case."""

    about: ClassVar[str] = "case_id"
    case_id: UUID
    kind: str
    queue: str
    subject_ref: str
    decision: str


@dataclass(frozen=True, kw_only=True)
class CaseOverturned(Event):
    """The answer to a case was taken back on appeal: whoever acted on it undoes that."""

    about: ClassVar[str] = "case_id"
    case_id: UUID
    kind: str
    queue: str
    subject_ref: str
    decision: str


@dataclass(frozen=True, kw_only=True)
class IdentityCheckSubmitted(Event):
    """Somebody sent an identity document to be checked."""

    about: ClassVar[str] = "check_id"
    check_id: UUID
    person_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``check:`` alone would say nothing."""
        return f"identity_check:{self.check_id}"


@dataclass(frozen=True, kw_only=True)
class IdentityChecked(Event):
    """A document was decided about, or what was decided was taken back on appeal.

    *status* is accepted, unreadable, refused, fraud or revoked; submitted when it waits
    for a reviewer again, withdrawn when it has to be sent anew.
    """

    about: ClassVar[str] = "check_id"
    check_id: UUID
    person_id: UUID
    status: str

    def subject(self) -> str:
        """Name the noun in full: ``check:`` alone would say nothing."""
        return f"identity_check:{self.check_id}"


@dataclass(frozen=True, kw_only=True)
class IdentityExpired(Event):
    """A document proves nothing any more: *cause* is date, silence or replaced."""

    about: ClassVar[str] = "check_id"
    check_id: UUID
    person_id: UUID
    cause: str

    def subject(self) -> str:
        """Name the noun in full: ``check:`` alone would say nothing."""
        return f"identity_check:{self.check_id}"


@dataclass(frozen=True, kw_only=True)
class IdentityRunsOut(Event):
    """A document proves something for thirty more days at most."""

    about: ClassVar[str] = "check_id"
    check_id: UUID
    person_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``check:`` alone would say nothing."""
        return f"identity_check:{self.check_id}"


@dataclass(frozen=True, kw_only=True)
class LevelChanged(Event):
    """A hat rose or fell, because of what is proved of its person today."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    role: str
    previous: int
    level: int
