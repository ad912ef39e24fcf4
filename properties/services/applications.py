"""Asking for a home, and the owner's answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.clock import local_day
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.limits import take
from properties.events import (
    ApplicationAccepted,
    ApplicationDeclined,
    ApplicationReceived,
    ApplicationWithdrawn,
)
from properties.models import Application, Lease, Listing
from properties.models.applications import APPLICATION_STATES
from properties.policies import can_start_on, may_apply
from properties.services.inserting import insert
from properties.services.lease_drafts import (
    abandon_draft_of,
    draft_lease,
    hold_lease_of,
)
from properties.services.moderation import ReasonMissing

APPLICATIONS_A_DAY = 20
"""Of one person: each rings an owner's phone, and may be withdrawn and sent again."""


class CannotApply(StateConflict):
    """The listing takes no applications, or it is one's own."""

    code = "application.not_possible"
    title = gettext_lazy("Vous ne pouvez pas candidater à cette annonce")


class AlreadyApplied(StateConflict):
    """There is an open application of the same person already."""

    code = "application.already_open"
    title = gettext_lazy("Vous avez déjà une candidature en cours")


class AlreadyPromised(StateConflict):
    """Another application for the listing was accepted."""

    code = "application.already_promised"
    title = gettext_lazy("Une autre candidature a déjà été acceptée")


@transaction.atomic
def send_application(
    *,
    listing_id: UUID,
    tenant: User,
    move_in_on: date,
    now: datetime,
    message: str = "",
    occupants: int = 1,
    application_id: UUID | None = None,
) -> Application:
    """Apply for a published listing. Emits ApplicationReceived.

    Raises NotFound for a listing that *tenant* may not see, CannotApply, AlreadyApplied,
    RateLimited beyond APPLICATIONS_A_DAY.
    """
    listing = Listing.objects.visible_to(tenant).filter(pk=listing_id).first()
    if listing is None:
        raise NotFound
    if not may_apply(tenant, listing):
        raise CannotApply
    if not can_start_on(move_in_on, today=local_day(now)):
        detail = _("Choisissez un jour d’entrée dans l’année qui vient.")
        raise InvalidInput(
            errors=[FieldError("application.move_in_on", detail, "/move_in_on")]
        )
    day = timedelta(days=1)
    take("applications", str(tenant.pk), limit=APPLICATIONS_A_DAY, window=day, now=now)
    application = Application(
        id=application_id or uuid7(),
        listing=listing,
        unit_id=listing.unit_id,
        landlord_id=listing.landlord_id,
        agency_id=listing.agency_id,
        tenant=tenant,
        message=message,
        move_in_on=move_in_on,
        occupants=occupants,
    )
    insert(application, properties_application_one_open_per_tenant=AlreadyApplied())
    application.sent_at = now
    _step(application, "send", "tenant", tenant.pk, now, fields={"sent_at"})
    append(
        ApplicationReceived(
            application_id=application.pk,
            listing_id=listing.pk,
            landlord_id=listing.landlord_id,
            tenant_id=tenant.pk,
        )
    )
    return application


@transaction.atomic
def accept_application(
    *, application_id: UUID, landlord: User, now: datetime
) -> tuple[Application, Lease]:
    """Accept an application and draft its lease from the listing's terms.

    Accepting it again returns the same lease. Raises AlreadyPromised when another one
    was accepted, TransitionRefused. Locks the listing (so that two acceptances queue),
    then the application. Emits ApplicationAccepted.
    """
    mine = Application.objects.filter(landlord=landlord)
    listing_id = mine.filter(pk=application_id).values_list("listing_id", flat=True)
    found = listing_id.first()
    if found is None:
        raise NotFound
    listing = locked(Listing.objects.all(), found)
    application = locked(mine, application_id)
    if application.status in Application.ACCEPTED_STATES:
        return application, application.lease
    if listing.applications.accepted().exists():
        raise AlreadyPromised
    application.decided_at = now
    _step(application, "accept", "landlord", landlord.pk, now, fields={"decided_at"})
    lease = draft_lease(application=application, listing=listing)
    append(
        ApplicationAccepted(
            application_id=application.pk,
            listing_id=listing.pk,
            landlord_id=landlord.pk,
            tenant_id=application.tenant_id,
            lease_id=lease.pk,
        )
    )
    return application, lease


@transaction.atomic
def review_application(
    *, application_id: UUID, landlord: User, now: datetime
) -> Application:
    """Tell the tenant that the application is being looked at."""
    application = locked(Application.objects.filter(landlord=landlord), application_id)
    _step(application, "review", "landlord", landlord.pk, now)
    return application


@transaction.atomic
def decline_application(
    *, application_id: UUID, landlord: User, reason: str, now: datetime
) -> Application:
    """Decline with a reason; an accepted one's unsigned lease is abandoned with it.

    Raises ReasonMissing, TransitionRefused. Emits ApplicationDeclined.
    """
    reason = reason.strip()[:500]
    if not reason:
        detail = _("Donnez un motif.")
        raise ReasonMissing(
            errors=[FieldError("decision.reason_missing", detail, "/reason")]
        )
    hold_lease_of(application_id)
    application = locked(Application.objects.filter(landlord=landlord), application_id)
    decline(application, reason=reason, who="landlord", actor_id=landlord.pk, now=now)
    return application


def decline(
    application: Application,
    *,
    reason: str,
    who: str,
    actor_id: UUID | None,
    now: datetime,
) -> None:
    """Decline the locked *application*; also the system's answer to those left over."""
    application.decision_reason = reason
    application.decided_at = now
    fields = {"decision_reason", "decided_at"}
    _step(application, "decline", who, actor_id, now, reason=reason, fields=fields)
    abandon_draft_of(application, who=who, actor_id=actor_id, now=now)
    append(
        ApplicationDeclined(
            application_id=application.pk,
            listing_id=application.listing_id,
            landlord_id=application.landlord_id,
            tenant_id=application.tenant_id,
        )
    )


@transaction.atomic
def withdraw_application(
    *, application_id: UUID, tenant: User, now: datetime
) -> Application:
    """Take one's application back; its unsigned lease is abandoned with it."""
    hold_lease_of(application_id)
    application = locked(Application.objects.filter(tenant=tenant), application_id)
    _step(application, "withdraw", "tenant", tenant.pk, now)
    abandon_draft_of(application, who="tenant", actor_id=tenant.pk, now=now)
    append(
        ApplicationWithdrawn(
            application_id=application.pk,
            listing_id=application.listing_id,
            landlord_id=application.landlord_id,
            tenant_id=tenant.pk,
        )
    )
    return application


def _step(
    application: Application,
    action: str,
    who: str,
    actor_id: UUID | None,
    now: datetime,
    *,
    reason: str = "",
    fields: set[str] | None = None,
) -> None:
    APPLICATION_STATES.apply(
        application,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=fields or set(),
    )
