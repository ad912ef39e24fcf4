"""Leases before they are signed: drafting, correcting, sending, giving up."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.clock import local_day
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.money import Money
from properties.events import LeaseAbandoned, LeaseSentForSignature
from properties.models import Application, EntryCost, Lease, Listing
from properties.models.leases import LEASE_STATES
from properties.policies import can_start_on
from properties.services.legal_marks import deposit_cap, rule_table

TERMS_VERSION = 1


class LeaseNotDraft(StateConflict):
    """The terms are fixed: take the lease back to draft first."""

    code = "lease.not_draft"
    title = gettext_lazy("Les termes de ce bail ne peuvent plus changer")


class LeaseRefusedByLaw(InvalidInput):
    """The legal check found terms that may not be signed; ``errors`` names them all."""

    code = "lease.legal_check_failed"
    title = gettext_lazy("Le contrôle légal refuse ces termes")


def draft_lease(*, application: Application, listing: Listing) -> Lease:
    """Return the draft made of the listing's terms and the application's start."""
    deposits = listing.entry_costs.filter(kind=EntryCost.Kind.DEPOSIT)
    lease = Lease(
        application=application,
        listing=listing,
        unit_id=listing.unit_id,
        landlord_id=listing.landlord_id,
        tenant_id=application.tenant_id,
        rent=listing.rent,
        deposit=sum(cost.amount for cost in deposits),
        currency=listing.currency,
        starts_on=application.move_in_on,
    )
    lease.save()
    return lease


def lease_terms(lease: Lease) -> dict[str, Any]:
    """Return the terms that both parties sign, as JSON values."""
    return {
        "version": TERMS_VERSION,
        "rules": rule_table()["version"],
        "lease": str(lease.pk),
        "unit": str(lease.unit_id),
        "landlord": str(lease.landlord_id),
        "tenant": str(lease.tenant_id),
        "rent": lease.rent,
        "deposit": lease.deposit,
        "currency": lease.currency,
        "period": str(lease.period),
        "starts_on": lease.starts_on.isoformat(),
        "ends_on": lease.ends_on.isoformat() if lease.ends_on else None,
        "due_day": lease.due_day,
        "fee_bearer": str(lease.fee_bearer),
        # Terms that were taken back and sent again, even word for word the same, are
        # other terms: a withdrawn signature must not count for them.
        "sent_at": lease.sent_at.isoformat() if lease.sent_at else None,
    }


def digest_of(terms: dict[str, Any]) -> str:
    """Return the SHA-256 of *terms* in canonical JSON (sorted keys, no spaces)."""
    return hashlib.sha256(orjson.dumps(terms, option=orjson.OPT_SORT_KEYS)).hexdigest()


@transaction.atomic
def change_lease_terms(
    *, lease_id: UUID, landlord: User, changes: dict[str, Any], now: datetime
) -> Lease:
    """Change terms of a draft (rent and deposit as Money). Raises LeaseNotDraft."""
    lease = locked(Lease.objects.filter(landlord=landlord), lease_id)
    if lease.status != Lease.Status.DRAFT:
        raise LeaseNotDraft
    for name, value in changes.items():
        setattr(lease, name, value.amount if isinstance(value, Money) else value)
    if lease.ends_on is not None and lease.ends_on <= lease.starts_on:
        detail = _("La fin doit suivre le début.")
        raise InvalidInput(errors=[FieldError("lease.ends_on", detail, "/ends_on")])
    lease.save(update_fields=set(changes))
    return lease


@transaction.atomic
def send_lease(*, lease_id: UUID, landlord: User, now: datetime) -> Lease:
    """Check the terms, fix them and send them for signature to both.

    Raises LeaseRefusedByLaw with every failure, TransitionRefused. Locks the lease.
    Emits LeaseSentForSignature.
    """
    lease = locked(Lease.objects.filter(landlord=landlord), lease_id)
    if lease.status == Lease.Status.DRAFT:
        _step(lease, "check", "landlord", landlord.pk, now)
    failures = legal_failures(lease, now=now)
    if failures and lease.status == Lease.Status.LEGAL_CHECK:
        raise LeaseRefusedByLaw(errors=failures)
    lease.sent_at = now
    lease.terms_digest = digest_of(lease_terms(lease))
    fields = {"terms_digest", "sent_at"}
    _step(lease, "send", "landlord", landlord.pk, now, fields=fields)
    append(
        LeaseSentForSignature(
            lease_id=lease.pk, landlord_id=lease.landlord_id, tenant_id=lease.tenant_id
        )
    )
    return lease


def legal_failures(lease: Lease, *, now: datetime) -> list[FieldError]:
    """Return what keeps these terms from being signed."""
    failures = []
    if lease.deposit > deposit_cap(lease.rent):
        detail = _("La caution dépasse trois mois de loyer.")
        failures.append(FieldError("lease.deposit_above_cap", detail, "/deposit"))
    if not can_start_on(lease.starts_on, today=local_day(now)):
        detail = _("Le bail commence trop loin d’aujourd’hui.")
        failures.append(FieldError("lease.starts_on", detail, "/starts_on"))
    return failures


@transaction.atomic
def correct_lease(*, lease_id: UUID, landlord: User, now: datetime) -> Lease:
    """Take a lease that is out for signature back to draft; signatures no longer count."""
    lease = locked(Lease.objects.filter(landlord=landlord), lease_id)
    lease.terms_digest = ""
    _step(lease, "correct", "landlord", landlord.pk, now, fields={"terms_digest"})
    return lease


def hold_lease_of(application_id: UUID) -> None:
    """Lock the lease of an application, if there is one, before the application itself.

    The order of signing is unit, lease, application; whoever ends an application takes
    the same order, or the two would wait for each other.
    """
    held = Lease.objects.filter(application_id=application_id)
    list(held.select_for_update(no_key=True).values_list("pk"))


def abandon_draft_of(
    application: Application, *, who: str, actor_id: UUID | None, now: datetime
) -> None:
    """Give up the unsigned lease of *application*, if there is one. Locks it."""
    unsigned = Lease.objects.filter(
        application=application, status__in=Lease.UNSIGNED_STATES
    )
    if (found := unsigned.first()) is None:
        return
    lease = locked(Lease.objects.all(), found.pk)
    _step(lease, "abandon", who, actor_id, now)
    append(
        LeaseAbandoned(
            lease_id=lease.pk, landlord_id=lease.landlord_id, tenant_id=lease.tenant_id
        )
    )


def _step(
    lease: Lease,
    action: str,
    who: str,
    actor_id: UUID | None,
    now: datetime,
    *,
    fields: set[str] | None = None,
) -> None:
    LEASE_STATES.apply(
        lease,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        update_fields=fields or set(),
    )
