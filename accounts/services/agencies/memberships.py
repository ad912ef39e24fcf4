"""Members of agencies: other roles, and ends. The agency's row is locked throughout."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import MemberRemoved, MemberRoleChanged
from accounts.models import (
    MEMBERSHIP_STATES,
    Agency,
    AgencyInvitation,
    AgencyRole,
    Membership,
    User,
)
from accounts.policies.agencies import (
    keeps_an_owner,
    may_give_agency_role,
    may_remove_member,
)
from accounts.services.agencies.agencies import locked_agency
from accounts.services.agencies.invitation_ends import withdraw_all
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, StaleVersion, StateConflict
from lokahome.core.events.outbox import append


class LastOwner(StateConflict):
    """An agency has an owner at every moment: name another one first, or close it."""

    code = "agency.last_owner"
    title = gettext_lazy("L’agence n’aurait plus de gérant principal")

    def default_detail(self) -> str:
        return _("Nommez d’abord un autre gérant principal, ou fermez l’agence.")


class AgencyNotOperating(StateConflict):
    """The agency is suspended: people may leave it, nobody may be given anything."""

    code = "agency.not_operating"
    title = gettext_lazy("Cette agence est suspendue")


@transaction.atomic
def change_member_role(
    *,
    agency_id: UUID,
    membership_id: UUID,
    actor: User,
    role: str,
    now: datetime,
    version: int | None = None,
) -> Membership:
    """Give a member another role; the same role again changes nothing.

    Raises NotFound, NotAllowed (see `may_give_agency_role`), LastOwner,
    AgencyNotOperating, StaleVersion. Locks the agency, then the membership; publishes
    MemberRoleChanged. Invitations that the member may give no more are withdrawn.
    """
    agency, actor_role = locked_agency(agency_id, actor)
    member = locked(Membership.objects.active().filter(agency=agency), membership_id)
    if not may_give_agency_role(actor_role=actor_role, given=role, held=member.role):
        raise NotAllowed
    if agency.status not in Agency.OPERATING_STATES:
        raise AgencyNotOperating
    if version is not None and version != member.version:
        raise StaleVersion
    if member.role == role:
        return member
    _require_owner_after(member)
    before, member.role = member.role, AgencyRole(role)
    member.save(update_fields={"role"})
    _withdraw_what_is_beyond(member, now)
    record(
        "agency.member_role_changed",
        subject=f"agency:{agency.pk}",
        actor_id=actor.pk,
        details={"person_id": str(member.user_id), "from": before, "to": role},
    )
    append(MemberRoleChanged(agency_id=agency.pk, person_id=member.user_id, role=role))
    return member


@transaction.atomic
def remove_member(
    *, agency_id: UUID, membership_id: UUID, actor: User, now: datetime
) -> Membership:
    """End a membership, one's own included: the next request in its name is refused.

    Again is harmless. Raises NotFound, NotAllowed (see `may_remove_member`), LastOwner.
    Locks the agency, then the membership; publishes MemberRemoved. Open invitations of
    theirs are withdrawn.
    """
    ended = Membership.objects.filter(status=Membership.Status.REMOVED)
    own = ended.filter(pk=membership_id, agency_id=agency_id, user_id=actor.pk).first()
    if own is not None:
        # Who left is nobody here any more, but may hear again that they left.
        return own
    agency, actor_role = locked_agency(agency_id, actor)
    member = locked(Membership.objects.filter(agency=agency), membership_id)
    if not may_remove_member(
        actor_role=actor_role,
        member_role=member.role,
        is_self=member.user_id == actor.pk,
    ):
        raise NotAllowed
    if member.status == Membership.Status.REMOVED:
        return member
    _require_owner_after(member)
    member.removed_at = now
    MEMBERSHIP_STATES.apply(
        member,
        "remove",
        who="member",
        actor_id=actor.pk,
        now=now,
        update_fields=("removed_at",),
    )
    _withdraw_what_is_beyond(member, now)
    record(
        "agency.member_removed",
        subject=f"agency:{agency.pk}",
        actor_id=actor.pk,
        details={"person_id": str(member.user_id), "role": member.role},
    )
    append(
        MemberRemoved(
            membership_id=member.pk,
            agency_id=agency.pk,
            person_id=member.user_id,
            by_id=actor.pk,
        )
    )
    return member


def _require_owner_after(member: Membership) -> None:
    owners = Membership.objects.owners().filter(agency_id=member.agency_id).count()
    loses_one = member.role == AgencyRole.OWNER
    if not keeps_an_owner(owners=owners, loses_one=loses_one):
        raise LastOwner


def _withdraw_what_is_beyond(member: Membership, now: datetime) -> None:
    """Withdraw the open invitations of *member* that they could not send today."""
    sent = AgencyInvitation.objects.open().filter(
        agency_id=member.agency_id, invited_by_id=member.user_id
    )
    beyond = [
        role
        for role in AgencyRole.values
        if member.status != Membership.Status.ACTIVE
        or not may_give_agency_role(actor_role=member.role, given=role)
    ]
    withdraw_all(sent.filter(role__in=beyond), now=now)
