"""Ends of mandates: by a party, by staff, by its date, with its agency.

Whatever ends a mandate takes the handling of the listing back in the same transaction;
what the agency saw is gone with the next request, since every read asks the mandate.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.staff import is_same_human, was_ever_of_agency
from lokahome.core.audit.record import record
from lokahome.core.clock import local_day
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, NotAllowed
from lokahome.core.events.outbox import append
from properties.events import MandateEnded
from properties.models import MANDATE_STATES, Listing, Mandate
from properties.models.mandates import MandateQuerySet
from properties.policies import may_decide_mandate, roles_on_mandate
from properties.services.handling import release_handling
from properties.services.moderation import ReasonMissing

log = structlog.get_logger(__name__)

WITH_AGENCY = "agency_closed"
GONE = "landlord_gone"
BY_DATE = "term"


@transaction.atomic
def end_mandate(
    *, mandate_id: UUID, actor: User, reason: str, now: datetime
) -> Mandate:
    """End a mandate, or take a proposal back: its landlord, or its agency in context.

    Raises NotFound, NotAllowed, ReasonMissing, TransitionRefused. Locks the mandate, then
    the listing; publishes MandateEnded.
    """
    mandate = locked(Mandate.objects.visible_to(actor), mandate_id)
    roles = roles_on_mandate(actor, mandate)
    if not roles:
        raise NotAllowed
    reason = _said(reason)
    return _end(mandate, "end", min(roles), actor.pk, reason, now)


@transaction.atomic
def end_mandate_by_staff(
    *, mandate_id: UUID, actor: User, reason: str, now: datetime
) -> Mandate:
    """End a mandate whose proof does not hold; see `end_mandate`."""
    mandate = locked(Mandate.objects.all(), mandate_id)
    if not may_decide_mandate(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(actor.pk, mandate.landlord_id)
        or was_ever_of_agency(actor.pk, mandate.agency_id),
    ):
        raise NotAllowed
    return _end(mandate, "end", "staff", actor.pk, _said(reason), now)


@transaction.atomic
def end_mandates_of(*, agency_id: UUID, now: datetime) -> int:
    """End every live mandate of an agency that was closed; return how many."""
    return _end_all(Mandate.objects.filter(agency_id=agency_id), WITH_AGENCY, now)


@transaction.atomic
def end_mandates_from(*, landlord_id: UUID, now: datetime) -> int:
    """End every live mandate of a landlord who leaves for good; return how many."""
    return _end_all(Mandate.objects.filter(landlord_id=landlord_id), GONE, now)


def expire_mandates(*, now: datetime) -> int:
    """End the mandates and proposals whose last day is past; return how many.

    Rights ended with that day already: reads ask for the date. Each in a transaction of
    its own: one that fails is logged, stays due, and holds up nobody.
    """
    count = 0
    due = _overdue(now).order_by("expires_on", "id")
    for mandate_id in list(due.values_list("pk", flat=True)):
        try:
            count += _expire(mandate_id, now)
        except Exception:
            log.exception("a mandate was not expired", mandate=str(mandate_id))
    return count


@transaction.atomic
def _expire(mandate_id: UUID, now: datetime) -> bool:
    """End an overdue mandate, unless another run or a party has it; say whether."""
    free = _overdue(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
    mandate = free.filter(pk=mandate_id).first()
    if mandate is None:
        return False
    _end(mandate, "expire", "system", None, BY_DATE, now)
    return True


def expire_overdue_of(*, unit_id: UUID, now: datetime) -> None:
    """End what is overdue of one unit, inside the caller's transaction."""
    due = _overdue(now).filter(unit_id=unit_id).order_by("id")
    rows = list(due.select_for_update(no_key=True, of=("self",)))
    _lock_listings(rows)
    for mandate in rows:
        _end(mandate, "expire", "system", None, BY_DATE, now)


def _overdue(now: datetime) -> MandateQuerySet:
    return Mandate.objects.live().filter(expires_on__lt=local_day(now))


def _lock_listings(mandates: Collection[Mandate]) -> None:
    """Lock what the agencies of several locked *mandates* handle, in the order of ids.

    As everybody does who locks more than one listing: by mandates they would come in
    another order, and meet a ban of their owner halfway.
    """
    handled = Listing.objects.filter(
        unit_id__in={item.unit_id for item in mandates},
        agency_id__in={item.agency_id for item in mandates},
    )
    list(handled.order_by("id").select_for_update(no_key=True, of=("self",)))


def _end_all(mandates: MandateQuerySet, reason: str, now: datetime) -> int:
    live = mandates.filter(status__in=Mandate.LIVE_STATES).order_by("id")
    rows = list(live.select_for_update(no_key=True, of=("self",)))
    _lock_listings(rows)
    for mandate in rows:
        _end(mandate, "end", "system", None, reason, now)
    return len(rows)


def _said(reason: str) -> str:
    reason = reason.strip()[:500]
    if not reason:
        raise ReasonMissing(
            errors=[
                FieldError("decision.reason_missing", _("Donnez un motif."), "/reason")
            ]
        )
    return reason


def _end(
    mandate: Mandate,
    action: str,
    who: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> Mandate:
    mandate.ended_at = now
    mandate.end_reason = reason
    mandate.resumes_handling = False
    MANDATE_STATES.apply(
        mandate,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=("ended_at", "end_reason", "resumes_handling"),
    )
    release_handling(
        unit_id=mandate.unit_id,
        agency_id=mandate.agency_id,
        actor_id=actor_id,
        now=now,
    )
    record(
        "mandate.ended",
        subject=f"mandate:{mandate.pk}",
        actor_id=actor_id,
        reason=reason,
        details={"agency_id": str(mandate.agency_id), "by": who},
    )
    append(
        MandateEnded(
            mandate_id=mandate.pk,
            agency_id=mandate.agency_id,
            unit_id=mandate.unit_id,
            landlord_id=mandate.landlord_id,
            status=mandate.status,
            by=who,
        )
    )
    return mandate
