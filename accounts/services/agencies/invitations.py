"""Invitations into agencies: sent to a number, answered by whoever holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import MemberInvited, MemberJoined
from accounts.models import (
    INVITATION_STATES,
    Agency,
    AgencyInvitation,
    AgencyRole,
    Membership,
    User,
    invited_number_digest,
)
from accounts.policies.agencies import may_give_agency_role
from accounts.services.agencies.agencies import locked_agency
from accounts.services.agencies.invitation_ends import expire_one
from accounts.services.agencies.invitation_limits import count_invitation, may_ring
from accounts.services.agencies.memberships import AgencyNotOperating
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import DomainError, NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.phones import mask_phone, normalise_phone

LIFETIME = timedelta(days=7)


class InvitationOpen(StateConflict):
    """The number has an open invitation into this agency."""

    code = "invitation.open"
    title = gettext_lazy("Ce numéro est déjà invité")


class AgencyNotChecked(StateConflict):
    """Nobody checked the agency's file: its name is not sent to people in ours."""

    code = "agency.not_checked"
    title = gettext_lazy("Le dossier de l’agence n’est pas encore vérifié")

    def default_detail(self) -> str:
        return _("Vous inviterez des membres dès que nous l’aurons vérifié.")


class InvitationSpent(DomainError):
    """The invitation expired, was withdrawn or answered, or its sender lost the right."""

    code = "invitation.spent"
    status = 410
    title = gettext_lazy("Invitation expirée")

    def default_detail(self) -> str:
        return _("Cette invitation n’est plus valable. Demandez-en une autre.")


class AlreadyMember(StateConflict):
    """The person belongs to the agency already."""

    code = "agency.already_member"
    title = gettext_lazy("Vous êtes déjà membre de cette agence")


@transaction.atomic
def invite_member(
    *,
    agency_id: UUID,
    actor: User,
    phone: str,
    role: str,
    now: datetime,
    device_key: UUID | None = None,
    invitation_id: UUID | None = None,
) -> AgencyInvitation:
    """Ask the number *phone* to join the agency as *role*, for seven days.

    Whether somebody holds the number, and who else invites it, is not looked at: the
    answer tells nothing. A number that was rung at enough, or whose SMS the day's budget
    does not pay, is not told; the invitation waits in the app. Raises NotFound,
    NotAllowed, AgencyNotOperating, AgencyNotChecked, InvalidPhone, InvitationOpen,
    RateLimited (by inviter, device and agency). Locks the agency; publishes
    MemberInvited.
    """
    number = normalise_phone(phone)
    agency, actor_role = locked_agency(agency_id, actor)
    if not may_give_agency_role(actor_role=actor_role, given=role):
        raise NotAllowed
    _require_checked(agency)
    digest = invited_number_digest(number)
    open_one = AgencyInvitation.objects.open().filter(
        agency=agency, phone_digest=digest
    )
    if (known := open_one.first()) is not None:
        if known.expires_at > now:
            raise InvitationOpen
        expire_one(known, now=now)
    count_invitation(agency, actor, device_key=device_key, now=now)
    invitation = AgencyInvitation(
        id=invitation_id or uuid7(),
        agency=agency,
        phone=number,
        phone_digest=digest,
        phone_masked=mask_phone(number),
        role=AgencyRole(role),
        rings=may_ring(agency, number, digest=digest, now=now),
        invited_by=actor,
        expires_at=now + LIFETIME,
        created_at=now,
    )
    invitation.save(force_insert=True)
    record(
        "agency.member_invited",
        subject=f"agency:{agency.pk}",
        actor_id=actor.pk,
        details={"invitation_id": str(invitation.pk), "role": role},
    )
    if invitation.rings:
        append(MemberInvited(invitation_id=invitation.pk, agency_id=agency.pk))
    return invitation


@transaction.atomic
def withdraw_invitation(
    *, agency_id: UUID, invitation_id: UUID, actor: User, now: datetime
) -> AgencyInvitation:
    """Take an open invitation back; again is harmless.

    Raises NotFound, NotAllowed, TransitionRefused. Locks the agency, then the invitation.
    """
    agency, actor_role = locked_agency(agency_id, actor)
    if not may_give_agency_role(actor_role=actor_role, given=AgencyRole.VIEWER):
        raise NotAllowed
    invitation = locked(AgencyInvitation.objects.filter(agency=agency), invitation_id)
    if not may_give_agency_role(actor_role=actor_role, given=invitation.role):
        raise NotAllowed
    if invitation.status == AgencyInvitation.Status.WITHDRAWN:
        return invitation
    invitation.phone = ""
    INVITATION_STATES.apply(
        invitation,
        "withdraw",
        who="member",
        actor_id=actor.pk,
        now=now,
        update_fields=("phone",),
    )
    record(
        "agency.invitation_withdrawn",
        subject=f"agency:{agency.pk}",
        actor_id=actor.pk,
        details={"invitation_id": str(invitation.pk)},
    )
    return invitation


@transaction.atomic
def accept_invitation(
    *, invitation_id: UUID, person: User, now: datetime
) -> Membership:
    """Join the agency in the role of the invitation; accepting again is harmless.

    The inviter must still have the right to give that role. Raises NotFound for an
    invitation to somebody else's number, InvitationSpent, AlreadyMember. Locks the
    person, the agency, the invitation; publishes MemberJoined.
    """
    invitation, agency = _addressed(invitation_id, person)
    mine = Membership.objects.active().filter(agency=agency, user=person)
    membership = mine.first()
    is_accepted = invitation.status == AgencyInvitation.Status.ACCEPTED
    if is_accepted and membership is not None:
        return membership
    _require_usable(invitation, agency, now)
    if membership is not None:
        raise AlreadyMember
    _answer(invitation, "accept", person, now)
    membership = Membership(
        agency=agency, user=person, role=invitation.role, created_at=now
    )
    membership.save()
    record(
        "agency.member_joined",
        subject=f"agency:{agency.pk}",
        actor_id=person.pk,
        details={
            "invitation_id": str(invitation.pk),
            "invited_by_id": str(invitation.invited_by_id),
            "role": invitation.role,
        },
    )
    append(
        MemberJoined(
            agency_id=agency.pk,
            person_id=person.pk,
            invited_by_id=invitation.invited_by_id,
            role=invitation.role,
        )
    )
    return membership


@transaction.atomic
def refuse_invitation(
    *, invitation_id: UUID, person: User, now: datetime
) -> AgencyInvitation:
    """Say no; see `accept_invitation`."""
    invitation, agency = _addressed(invitation_id, person)
    _require_usable(invitation, agency, now)
    _answer(invitation, "refuse", person, now)
    record(
        "agency.invitation_refused",
        subject=f"agency:{agency.pk}",
        actor_id=person.pk,
        details={"invitation_id": str(invitation.pk)},
    )
    return invitation


def _require_checked(agency: Agency) -> None:
    if agency.status not in Agency.OPERATING_STATES:
        raise AgencyNotOperating
    if agency.status != Agency.Status.ACTIVE:
        raise AgencyNotChecked


def _addressed(invitation_id: UUID, person: User) -> tuple[AgencyInvitation, Agency]:
    locked(User.objects.get_queryset().active(), person.pk)
    mine = AgencyInvitation.objects.addressed_to(person)
    found = mine.filter(pk=invitation_id)
    agency_id = found.values_list("agency_id", flat=True).first()
    if agency_id is None:
        raise NotFound
    agency = locked(Agency.objects.all(), agency_id)
    return locked(mine, invitation_id), agency


def _require_usable(
    invitation: AgencyInvitation, agency: Agency, now: datetime
) -> None:
    inviter = Membership.objects.active().filter(
        agency=agency, user_id=invitation.invited_by_id
    )
    role = inviter.values_list("role", flat=True).first()
    if (
        invitation.status != AgencyInvitation.Status.OPEN
        or now >= invitation.expires_at
        or agency.status != Agency.Status.ACTIVE
        or role is None
        or not may_give_agency_role(actor_role=role, given=invitation.role)
    ):
        raise InvitationSpent


def _answer(
    invitation: AgencyInvitation, action: str, person: User, now: datetime
) -> None:
    invitation.phone = ""
    invitation.answered_by = person
    invitation.answered_at = now
    INVITATION_STATES.apply(
        invitation,
        action,
        who="invited",
        actor_id=person.pk,
        now=now,
        update_fields=("phone", "answered_by", "answered_at"),
    )
