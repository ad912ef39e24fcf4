"""Signing a lease, and what the second signature sets in motion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, NotFound, StateConflict
from lokahome.core.events.outbox import append
from properties.events import LeaseActivated, LeaseSigned, ListingLet
from properties.models import Application, Lease, LeaseSignature, Listing, Unit
from properties.models.applications import APPLICATION_STATES
from properties.models.leases import LEASE_STATES
from properties.models.listings import LISTING_STATES
from properties.policies import roles_on_lease
from properties.services.applications import decline
from properties.services.periods import open_next_period


class TermsChanged(StateConflict):
    """The digest is not that of the terms as they stand: read them again, then sign."""

    code = "lease.terms_changed"
    title = gettext_lazy("Les termes ont changé : relisez-les avant de signer")


class UnitOccupied(StateConflict):
    """Another lease of the same home is running."""

    code = "lease.unit_occupied"
    title = gettext_lazy("Un autre bail est en cours pour ce logement")


@transaction.atomic
def sign_lease(
    *,
    lease_id: UUID,
    person: User,
    terms_digest: str,
    now: datetime,
    client_ip: str = "",
) -> Lease:
    """Sign the exact terms as one party; the second signature activates the lease.

    Signing again is harmless. Raises NotFound for strangers, TermsChanged when
    *terms_digest* is not the lease's, TransitionRefused outside out_for_signature,
    UnitOccupied. Locks the unit, then the lease: two signatures at once queue, so
    exactly one of them is the second. Emits LeaseSigned, then LeaseActivated.
    """
    mine = Lease.objects.visible_to(person)
    unit_id = mine.filter(pk=lease_id).values_list("unit_id", flat=True).first()
    if unit_id is None:
        raise NotFound
    locked(Unit.objects.all(), unit_id)
    lease = locked(Lease.objects.all(), lease_id)
    role = "landlord" if "landlord" in roles_on_lease(person, lease) else "tenant"
    signed = lease.signatures.filter(terms_digest=lease.terms_digest)
    if signed.filter(person=person).exists() and terms_digest == lease.terms_digest:
        return lease
    if lease.status != Lease.Status.OUT_FOR_SIGNATURE:
        raise StateConflict(
            allowed_actions=LEASE_STATES.allowed_actions(lease.status, {role})
        )
    if terms_digest != lease.terms_digest:
        detail = _("Relisez les termes : ils ne sont plus ceux que vous signez.")
        raise TermsChanged(
            errors=[FieldError("lease.terms_changed", detail, "/terms_digest")]
        )
    LeaseSignature(
        lease=lease,
        person=person,
        role=role,
        terms_digest=terms_digest,
        signed_at=now,
    ).save()
    record(
        "lease.signed",
        subject=f"lease:{lease.pk}",
        actor_id=person.pk,
        details={"role": role, "terms_digest": terms_digest},
        personal={"ip": client_ip} if client_ip else None,
    )
    append(
        LeaseSigned(
            lease_id=lease.pk,
            landlord_id=lease.landlord_id,
            tenant_id=lease.tenant_id,
            person_id=person.pk,
            role=role,
        )
    )
    if signed.values("role").distinct().count() == 2:
        _activate(lease, now=now)
    return lease


def _activate(lease: Lease, *, now: datetime) -> None:
    """Start the locked *lease*: the listing, the application, the other tenants, rent."""
    running = Lease.objects.running().filter(unit_id=lease.unit_id)
    if running.exists():
        raise UnitOccupied
    lease.activated_at = now
    LEASE_STATES.apply(
        lease,
        "activate",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("activated_at",),
    )
    # The order of acceptance, or the two would wait for each other: listing first.
    listing = locked(Listing.objects.all(), lease.listing_id)
    application = locked(Application.objects.all(), lease.application_id)
    APPLICATION_STATES.apply(
        application, "convert", who="system", actor_id=None, now=now
    )
    _let_listing(listing, now=now)
    append(
        LeaseActivated(
            lease_id=lease.pk, landlord_id=lease.landlord_id, tenant_id=lease.tenant_id
        )
    )
    open_next_period(lease, now=now)


def _let_listing(listing: Listing, *, now: datetime) -> None:
    if "let" in LISTING_STATES.allowed_actions(listing.status, {"system"}):
        LISTING_STATES.apply(listing, "let", who="system", actor_id=None, now=now)
        append(ListingLet(listing_id=listing.pk, landlord_id=listing.landlord_id))
    for waiting in listing.applications.waiting().order_by("id"):
        decline(
            locked(Application.objects.all(), waiting.pk),
            reason=_("Le logement a été loué."),
            who="system",
            actor_id=None,
            now=now,
        )
