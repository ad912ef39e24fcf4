"""Facts about agencies and their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Event):
    """An agency asked a number to join it; the number is read when the message leaves."""

    about: ClassVar[str] = "invitation_id"
    invitation_id: UUID
    agency_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``invitation:`` alone would say nothing."""
        return f"agency_invitation:{self.invitation_id}"


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Event):
    """Somebody accepted an invitation and belongs to the agency."""

    about: ClassVar[str] = "agency_id"
    agency_id: UUID
    person_id: UUID
    invited_by_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Event):
    """A member of an agency has another role."""

    about: ClassVar[str] = "agency_id"
    agency_id: UUID
    person_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """Somebody left an agency, or was removed: they may do nothing in its name."""

    about: ClassVar[str] = "membership_id"
    membership_id: UUID
    agency_id: UUID
    person_id: UUID
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgencyDecided(Event):
    """Staff decided about an agency: *status* is active or suspended."""

    about: ClassVar[str] = "agency_id"
    agency_id: UUID
    status: str


@dataclass(frozen=True, kw_only=True)
class AgencyClosed(Event):
    """An owner closed the agency: its mandates end."""

    about: ClassVar[str] = "agency_id"
    agency_id: UUID
