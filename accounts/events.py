"""Facts about people that other apps may listen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class CodeRequested(Event):
    """Somebody asked for a sign-in code. The code is minted when it is sent."""

    about: ClassVar[str] = "request_id"
    request_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``request:`` alone would say nothing."""
        return f"code_request:{self.request_id}"


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
    """Staff decided about a document: *status* is accepted, unreadable or refused."""

    about: ClassVar[str] = "check_id"
    check_id: UUID
    person_id: UUID
    status: str

    def subject(self) -> str:
        """Name the noun in full: ``check:`` alone would say nothing."""
        return f"identity_check:{self.check_id}"


@dataclass(frozen=True, kw_only=True)
class EmailCodeRequested(Event):
    """Somebody claimed an address. The code is minted when the letter is sent."""

    about: ClassVar[str] = "email_id"
    email_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """One session of a person, or all of them, ended before its time."""

    about: ClassVar[str] = "user_id"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class RefreshReused(Event):
    """A refresh token came a second time, or from another device: the session ended."""

    about: ClassVar[str] = "session_id"
    session_id: UUID
    user_id: UUID
