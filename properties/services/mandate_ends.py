"""Ends of mandates: by a party, by staff, by its date, with its agency.

Whatever ends a mandate takes the handling of the listing back in the same transaction;
what the agency saw is gone with the next request, since every read asks the mandate.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

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
from properties.models import MANDATE_STATES, Mandate
from properties.models.mandates import MandateQuerySet
from properties.policies import may_decide_mandate, roles_on_mandate
from properties.services.handling import release_handling
from properties.services.moderation import ReasonMissing

BATCH = 200
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

    Rights ended with that day already: reads ask for the date.
    """
    count = 0
    while True:
        with transaction.atomic():
            due = Mandate.objects.live().filter(expires_on__lt=local_day(now))
            free = due.order_by("expires_on", "id").select_for_update(
                skip_locked=True, no_key=True, of=("self",)
            )
            rows = list(free[:BATCH])
            for mandate in rows:
                _end(mandate, "expire", "system", None, BY_DATE, now)
        count += len(rows)
        if len(rows) < BATCH:
            return count


def expire_overdue_of(*, unit_id: UUID, now: datetime) -> None:
    """End what is overdue of one unit, inside the caller's transaction."""
    due = Mandate.objects.live().filter(unit_id=unit_id, expires_on__lt=local_day(now))
    for mandate in due.select_for_update(no_key=True, of=("self",)):
        _end(mandate, "expire", "system", None, BY_DATE, now)


def _end_all(mandates: MandateQuerySet, reason: str, now: datetime) -> int:
    live = mandates.filter(status__in=Mandate.LIVE_STATES).order_by("id")
    rows = list(live.select_for_update(no_key=True, of=("self",)))
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
