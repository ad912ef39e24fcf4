"""Agencies, and in whose name somebody acts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import (
    Agency,
    AgencyContext,
    AgencyInvitation,
    AgencyRole,
    Membership,
    Phone,
)


def agency_context(user_id: UUID, agency_id: UUID) -> AgencyContext | None:
    """Return in which role the person may act in the agency's name now, None for not.

    None as well for an agency that does not exist, was suspended or closed: who asks
    learns nothing. One query.
    """
    roles = Membership.objects.active().filter(
        user_id=user_id,
        agency_id=agency_id,
        agency__status__in=Agency.OPERATING_STATES,
    )
    role = roles.values_list("role", flat=True).first()
    return None if role is None else AgencyContext(agency_id=agency_id, role=role)


@dataclass(frozen=True, slots=True)
class InvitationDestination:
    """Where an invitation goes, in which language, and what it says."""

    phone: str
    language: str
    agency_name: str
    person_id: UUID | None
    """Who holds the number, if anybody has an account with it."""


def invitation_destination(invitation_id: UUID) -> InvitationDestination | None:
    """Return where *invitation_id* goes, None when it needs no message (any more).

    So for one that was answered, that waits in silence, or of an agency that may not
    work now. A number without an account is spoken to in the inviter's language.
    """
    invitation = (
        AgencyInvitation.objects.open()
        .select_related("agency", "invited_by")
        .filter(pk=invitation_id, rings=True, agency__status=Agency.Status.ACTIVE)
        .first()
    )
    if invitation is None:
        return None
    held = Phone.objects.current().filter(number=invitation.phone, user__is_active=True)
    holder = held.select_related("user").first()
    speaker = invitation.invited_by if holder is None else holder.user
    return InvitationDestination(
        phone=invitation.phone,
        language=speaker.language,
        agency_name=invitation.agency.name,
        person_id=None if holder is None else holder.user_id,
    )


def agency_leaders(agency_id: UUID) -> list[UUID]:
    """Return who answers for an agency now: its owners and managers."""
    members = Membership.objects.active().filter(
        agency_id=agency_id, role__in=(AgencyRole.OWNER, AgencyRole.MANAGER)
    )
    return list(members.order_by("id").values_list("user_id", flat=True))


def active_agency(agency_id: UUID) -> Agency | None:
    """Return the agency if staff checked it and it may work, or None."""
    return Agency.objects.active().filter(pk=agency_id).first()
