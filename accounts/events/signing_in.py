"""Facts about how people sign in: codes, addresses, numbers, sessions, staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
class CodeMoneySpent(Event):
    """*percent* of the day's money for SMS is gone, of one country or of all."""

    about: ClassVar[str] = "spending_id"
    spending_id: UUID
    percent: int


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


@dataclass(frozen=True, kw_only=True)
class ExternalIdentityLinked(Event):
    """Somebody may sign in with an account that they have at another service."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    identity_id: UUID
    provider: str


@dataclass(frozen=True, kw_only=True)
class GlassBroken(Event):
    """A superuser came in: whoever is in charge of the staff hears of it."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    deed_id: UUID


@dataclass(frozen=True, kw_only=True)
class StaffChanged(Event):
    """A colleague's account was changed, at whose word and why the change says.

    *measure*: ``groups``, ``close``, ``reopen``, ``password`` or ``factors``; ``link``
    for a private account, where *change_id* is the deed's in the audit log.
    """

    about: ClassVar[str] = "person_id"
    person_id: UUID
    change_id: UUID
    measure: str


@dataclass(frozen=True, kw_only=True)
class StaffEntryStopped(Event):
    """A right password and wrong second proofs, again and again: a lead has to look."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    deed_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInNoticeOpened(Event):
    """Somebody with the SIM wants into an account without another proof; 72 hours."""

    about: ClassVar[str] = "notice_id"
    notice_id: UUID
    person_id: UUID
    phone_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``notice:`` alone would say nothing."""
        return f"sign_in_notice:{self.notice_id}"


@dataclass(frozen=True, kw_only=True)
class PhoneAdded(Event):
    """A person proved one more number to be theirs, or found a lost one again."""

    about: ClassVar[str] = "phone_id"
    phone_id: UUID
    person_id: UUID
    since: datetime


@dataclass(frozen=True, kw_only=True)
class PhoneRemoved(Event):
    """A person gave a number up."""

    about: ClassVar[str] = "phone_id"
    phone_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneLost(Event):
    """A person reported that the SIM of a number is in nobody's hands, or another's."""

    about: ClassVar[str] = "phone_id"
    phone_id: UUID
    person_id: UUID
    since: datetime


@dataclass(frozen=True, kw_only=True)
class PhoneLossLifted(Event):
    """The SIM of a number is not lost after all: so say staff, or whoever has it."""

    about: ClassVar[str] = "phone_id"
    phone_id: UUID
    person_id: UUID
    since: datetime


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Event):
    """A person proved an address, or took theirs off; *former_id* is the one before."""

    about: ClassVar[str] = "email_id"
    email_id: UUID
    person_id: UUID
    former_id: UUID | None
    since: datetime


@dataclass(frozen=True, kw_only=True)
class AccountReclaimed(Event):
    """A person said that the changes of the last days were not theirs."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    deed_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneTakenOver(Event):
    """Somebody else holds the number: it left *person_id*, and has a new account."""

    about: ClassVar[str] = "phone_id"
    phone_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """Somebody forgot the password behind a number, or says so."""

    about: ClassVar[str] = "request_id"
    request_id: UUID
    channel: str

    def subject(self) -> str:
        """Name the noun in full: ``request:`` alone would say nothing."""
        return f"code_request:{self.request_id}"


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A person has a new password, or their first."""

    about: ClassVar[str] = "person_id"
    person_id: UUID
    since: datetime
