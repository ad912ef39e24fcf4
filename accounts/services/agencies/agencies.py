"""Agencies: opened by a person, checked by staff, closed by an owner."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import AgencyClosed, AgencyDecided
from accounts.models import (
    AGENCY_STATES,
    Agency,
    AgencyInvitation,
    AgencyRole,
    Membership,
    User,
)
from accounts.policies.agencies import may_decide_agency, may_own_agency
from accounts.queries.staff import was_ever_of_agency
from accounts.services.agencies.invitation_ends import withdraw_all
from accounts.services.moderation.cases import ReasonMissing
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    NotAllowed,
    NotFound,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7

DRAFTS_AT_ONCE = 3
"""Files of one founder that wait for staff: more would be a way to fill their queue."""


class TooManyDrafts(StateConflict):
    """Files of this founder wait for the staff already."""

    code = "agency.too_many_drafts"
    title = gettext_lazy("Vos dossiers d’agence attendent déjà d’être vérifiés")


class AgencyNotEditable(StateConflict):
    """The agency's file was checked: what was checked stays."""

    code = "agency.not_editable"
    title = gettext_lazy("Le dossier de cette agence a été vérifié")


class AgencyIncomplete(StateConflict):
    """The agency has no IFU or no RCCM: nothing could be checked."""

    code = "agency.incomplete"
    title = gettext_lazy("Il manque le numéro IFU ou RCCM de l’agence")


class IfuTaken(StateConflict):
    """Another checked agency has this IFU. Only staff are told so."""

    code = "agency.ifu_taken"
    title = gettext_lazy("Une autre agence vérifiée porte ce numéro IFU")


@transaction.atomic
def open_agency(
    *,
    founder: User,
    name: str,
    now: datetime,
    ifu: str = "",
    rccm: str = "",
    agency_id: UUID | None = None,
) -> Agency:
    """Open a draft of an agency; its founder is its first owner.

    *ifu* has 13 digits or is empty. Raises TooManyDrafts. Locks the founder.
    """
    person = locked(User.objects.get_queryset().active(), founder.pk)
    waiting = Agency.objects.filter(created_by=person, status=Agency.Status.DRAFT)
    if waiting.count() >= DRAFTS_AT_ONCE:
        raise TooManyDrafts
    agency = Agency(
        id=agency_id or uuid7(),
        name=name,
        ifu=ifu,
        rccm=rccm,
        created_by=person,
        created_at=now,
    )
    agency.save(force_insert=True)
    Membership(agency=agency, user=person, role=AgencyRole.OWNER, created_at=now).save()
    record("agency.opened", subject=f"agency:{agency.pk}", actor_id=person.pk)
    return agency


@transaction.atomic
def change_agency(
    *, agency_id: UUID, actor: User, changes: dict[str, str], now: datetime
) -> Agency:
    """Change ``name``, ``ifu`` or ``rccm`` of a draft.

    Raises NotFound, NotAllowed for a member who is no owner, AgencyNotEditable. Locks
    the agency.
    """
    agency, _role = owned_agency(agency_id, actor)
    if agency.status != Agency.Status.DRAFT:
        raise AgencyNotEditable
    changed = {key for key, value in changes.items() if getattr(agency, key) != value}
    for key in changed:
        setattr(agency, key, changes[key])
    if changed:
        agency.save(update_fields=changed)
        record(
            "agency.changed",
            subject=f"agency:{agency.pk}",
            actor_id=actor.pk,
            details={"fields": sorted(changed)},
        )
    return agency


@transaction.atomic
def close_agency(
    *, agency_id: UUID, actor: User, now: datetime, version: int | None = None
) -> Agency:
    """Close the agency for good, again is harmless; its open invitations are withdrawn.

    Raises NotFound, NotAllowed, StaleVersion, TransitionRefused. Locks the agency;
    publishes AgencyClosed, upon which its mandates end.
    """
    agency, _role = owned_agency(agency_id, actor, among=Agency.objects.all())
    if agency.status == Agency.Status.CLOSED:
        return agency
    if version is not None and version != agency.version:
        raise StaleVersion
    AGENCY_STATES.apply(agency, "close", who="owner", actor_id=actor.pk, now=now)
    # Nobody can answer for a closed agency any more.
    withdraw_all(AgencyInvitation.objects.open().filter(agency=agency), now=now)
    record("agency.closed", subject=f"agency:{agency.pk}", actor_id=actor.pk)
    append(AgencyClosed(agency_id=agency.pk))
    return agency


@transaction.atomic
def activate_agency(
    *, agency_id: UUID, actor: User, now: datetime, version: int | None = None
) -> Agency:
    """Find the agency's file in order, or restore a suspended one: it may hold mandates.

    Raises NotFound, NotAllowed (also about an agency of one's own), StaleVersion,
    AgencyIncomplete, IfuTaken, TransitionRefused. Locks it; publishes AgencyDecided.
    """
    agency = _to_decide(agency_id, actor, version)
    if not agency.ifu or not agency.rccm:
        raise AgencyIncomplete
    agency.status_reason = ""
    try:
        with transaction.atomic():
            AGENCY_STATES.apply(
                agency,
                "activate",
                who="staff",
                actor_id=actor.pk,
                now=now,
                update_fields=("status_reason",),
            )
    except IntegrityError as error:
        if "accounts_agency_one_per_ifu" not in str(error):
            raise
        raise IfuTaken from error
    return _decided(agency)


@transaction.atomic
def suspend_agency(
    *,
    agency_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> Agency:
    """Suspend the agency: from now on nobody acts or sees anything in its name.

    See `activate_agency`, its inverse. Raises ReasonMissing.
    """
    agency = _to_decide(agency_id, actor, version)
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(
            errors=[FieldError("required", _("Le motif manque."), pointer="/reason")]
        )
    agency.status_reason = reason
    AGENCY_STATES.apply(
        agency,
        "suspend",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason,
        update_fields=("status_reason",),
    )
    return _decided(agency)


def locked_agency(
    agency_id: UUID, actor: User, *, among: QuerySet[Agency] | None = None
) -> tuple[Agency, str]:
    """Return the agency, locked, and *actor*'s role in it; raises NotFound.

    The role is read after the lock: whoever was removed meanwhile is nobody here. A
    closed agency is there to be read, not to be changed, unless *among* holds it.
    """
    agency = locked(Agency.objects.living() if among is None else among, agency_id)
    members = Membership.objects.active().filter(agency=agency, user_id=actor.pk)
    role = members.values_list("role", flat=True).first()
    if role is None:
        raise NotFound
    return agency, role


def owned_agency(
    agency_id: UUID, actor: User, *, among: QuerySet[Agency] | None = None
) -> tuple[Agency, str]:
    """Return the agency, locked, for one of its owners; see `locked_agency`.

    Raises NotFound, NotAllowed.
    """
    agency, role = locked_agency(agency_id, actor, among=among)
    if not may_own_agency(role=role):
        raise NotAllowed
    return agency, role


def _to_decide(agency_id: UUID, actor: User, version: int | None) -> Agency:
    agency = locked(Agency.objects.all(), agency_id)
    if not may_decide_agency(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_member=was_ever_of_agency(actor.pk, agency.pk),
    ):
        raise NotAllowed
    if version is not None and version != agency.version:
        raise StaleVersion
    return agency


def _decided(agency: Agency) -> Agency:
    # The decision's own door writes the audit row, with the reason.
    append(AgencyDecided(agency_id=agency.pk, status=agency.status))
    return agency
