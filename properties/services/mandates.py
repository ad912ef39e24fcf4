"""Mandates: proposed by a landlord, answered by an agency, ended by either."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.queries.agencies import active_agency
from lokahome.core.audit.record import record
from lokahome.core.clock import local_day
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import attach_upload, read_upload
from lokahome.core.ids import uuid7
from properties.events import MandateAccepted, MandateDeclined, MandateProposed
from properties.models import MANDATE_STATES, Mandate, Unit
from properties.policies import (
    can_last,
    is_within_cap,
    may_offer_homes,
    roles_on_mandate,
)
from properties.services.handling import release_handling
from properties.services.inserting import insert
from properties.services.legal_marks import management_cap, rule_table
from properties.services.mandate_ends import expire_overdue_of


class UnknownAgency(InvalidInput):
    """No agency of this id may hold mandates; the same whether one exists."""

    code = "mandate.unknown_agency"
    title = gettext_lazy("Cette agence ne peut pas recevoir de mandat")


class FeeAboveCap(InvalidInput):
    """The fee is above what the law permits (rule BJ-FEE-MGMT)."""

    code = "mandate.fee_above_cap"
    title = gettext_lazy("Les honoraires dépassent le plafond légal")


class FeesAboveCap(InvalidInput):
    """With the unit's other live mandates the fees are above what the law permits."""

    code = "mandate.fees_above_cap"
    title = gettext_lazy("Les honoraires de vos mandats dépassent le plafond légal")

    def default_detail(self) -> str:
        return _("Le plafond vaut pour tous les mandats en même temps sur ce logement.")


class BadTerm(InvalidInput):
    """The mandate would be over already, end before it starts, or last too long."""

    code = "mandate.bad_term"
    title = gettext_lazy("La durée de ce mandat n’est pas possible")


class MandateLive(StateConflict):
    """This agency has a live mandate, or a proposal, for the unit already."""

    code = "mandate.live"
    title = gettext_lazy("Cette agence a déjà un mandat ou une proposition")


class ListingEntrusted(StateConflict):
    """Another live mandate of the unit includes its listing. Only the landlord sees it."""

    code = "mandate.listing_entrusted"
    title = gettext_lazy("L’annonce de ce logement est déjà confiée")

    def default_detail(self) -> str:
        return _("Proposez ce mandat sans l’annonce, ou retirez-la de l’autre mandat.")


@transaction.atomic
def propose_mandate(
    *,
    landlord: User,
    unit_id: UUID,
    agency_id: UUID,
    fee_bps: int,
    upload_id: UUID,
    starts_on: date,
    expires_on: date,
    now: datetime,
    includes_listing: bool = True,
    mandate_id: UUID | None = None,
) -> Mandate:
    """Offer *landlord*'s unit to an agency, with the photo of the signed mandate.

    *fee_bps* is in hundredths of a per cent of each rent. Raises NotFound for another's
    unit or upload, NotAllowed, UnknownAgency, FeeAboveCap, FeesAboveCap (with the mandates that
    run meanwhile), BadTerm, UploadNotWhole, NotAnImage, MandateLive, ListingEntrusted. Locks the unit; publishes MandateProposed.
    """
    if not may_offer_homes(landlord):
        raise NotAllowed
    unit = locked(Unit.objects.filter(landlord=landlord), unit_id)
    if active_agency(agency_id) is None:
        raise _at("/agency_id", UnknownAgency)
    if not is_within_cap(fee_bps, cap_bps=management_cap()):
        raise _at("/fee_bps", FeeAboveCap)
    if not can_last(starts_on, expires_on, today=local_day(now)):
        raise _at("/expires_on", BadTerm)
    # One that ended by its date yesterday must not stand in the way of this one.
    expire_overdue_of(unit_id=unit.pk, now=now)
    meanwhile = Mandate.objects.live().filter(
        unit=unit, starts_on__lte=expires_on, expires_on__gte=starts_on
    )
    others = meanwhile.exclude(agency_id=agency_id).aggregate(bps=Sum("fee_bps"))
    if not is_within_cap(fee_bps + (others["bps"] or 0), cap_bps=management_cap()):
        raise _at("/fee_bps", FeesAboveCap)
    _attach_proof(upload_id, landlord)
    mandate = Mandate(
        id=mandate_id or uuid7(),
        unit=unit,
        agency_id=agency_id,
        landlord=landlord,
        fee_bps=fee_bps,
        rules_version=str(rule_table()["version"]),
        includes_listing=includes_listing,
        proof_id=upload_id,
        starts_on=starts_on,
        expires_on=expires_on,
        created_at=now,
    )
    insert(
        mandate,
        properties_mandate_one_live=MandateLive(),
        properties_mandate_one_for_the_listing=ListingEntrusted(),
    )
    _note("proposed", mandate, landlord)
    append(MandateProposed(**facts_of(mandate)))
    return mandate


@transaction.atomic
def accept_mandate(*, mandate_id: UUID, actor: User, now: datetime) -> Mandate:
    """Accept a proposal for the agency in whose context *actor* asks.

    Rights begin on its first day. Raises NotFound, NotAllowed, BadTerm when its last day
    is past, TransitionRefused. Locks the mandate; publishes MandateAccepted.
    """
    mandate = _to_answer(mandate_id, actor)
    if not can_last(mandate.starts_on, mandate.expires_on, today=local_day(now)):
        raise BadTerm
    mandate.accepted_at = now
    MANDATE_STATES.apply(
        mandate,
        "accept",
        who="agency",
        actor_id=actor.pk,
        now=now,
        update_fields=("accepted_at",),
    )
    _note("accepted", mandate, actor)
    append(MandateAccepted(**facts_of(mandate)))
    return mandate


@transaction.atomic
def decline_mandate(*, mandate_id: UUID, actor: User, now: datetime) -> Mandate:
    """Decline a proposal; see `accept_mandate`. Publishes MandateDeclined."""
    mandate = _to_answer(mandate_id, actor)
    MANDATE_STATES.apply(mandate, "decline", who="agency", actor_id=actor.pk, now=now)
    _note("declined", mandate, actor)
    append(MandateDeclined(**facts_of(mandate)))
    return mandate


@transaction.atomic
def entrust_listing(
    *,
    mandate_id: UUID,
    landlord: User,
    includes_listing: bool,
    now: datetime,
    version: int | None = None,
) -> Mandate:
    """Put the unit's listing into a live mandate, or take it out at once.

    Raises NotFound, NotAllowed for the agency, StaleVersion, ListingEntrusted,
    StateConflict for a mandate that is over. Locks the unit, its mandates, the listing.
    """
    seen = Mandate.objects.visible_to(landlord).filter(pk=mandate_id).first()
    if seen is None:
        raise NotFound
    if "landlord" not in roles_on_mandate(landlord, seen):
        raise NotAllowed
    # The unit first, as a proposal does: its lock orders the two.
    locked(Unit.objects.all(), seen.unit_id)
    mandate = locked(Mandate.objects.visible_to(landlord), mandate_id)
    if version is not None and version != mandate.version:
        raise StaleVersion
    expire_overdue_of(unit_id=mandate.unit_id, now=now)
    mandate.refresh_from_db()
    if mandate.status not in Mandate.LIVE_STATES:
        raise StateConflict
    if mandate.includes_listing == includes_listing:
        return mandate
    others = Mandate.objects.live().filter(
        unit_id=mandate.unit_id, includes_listing=True
    )
    if includes_listing and others.exists():
        raise ListingEntrusted
    mandate.includes_listing = includes_listing
    mandate.resumes_handling = False
    mandate.save(update_fields={"includes_listing", "resumes_handling"})
    if not includes_listing:
        release_handling(
            unit_id=mandate.unit_id,
            agency_id=mandate.agency_id,
            actor_id=landlord.pk,
            now=now,
        )
    _note(
        "listing_entrusted" if includes_listing else "listing_kept", mandate, landlord
    )
    return mandate


def facts_of(mandate: Mandate) -> dict[str, UUID]:
    """Return the ids that each fact about *mandate* holds."""
    return {
        "mandate_id": mandate.pk,
        "agency_id": mandate.agency_id,
        "unit_id": mandate.unit_id,
        "landlord_id": mandate.landlord_id,
    }


def _to_answer(mandate_id: UUID, actor: User) -> Mandate:
    mandate = locked(Mandate.objects.visible_to(actor), mandate_id)
    if "agency" not in roles_on_mandate(actor, mandate):
        raise NotAllowed
    return mandate


def _attach_proof(upload_id: UUID, landlord: User) -> None:
    files = Upload.objects.visible_to(landlord).filter(kind=Upload.Kind.MANDATE)
    upload = files.filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    # What cannot be drawn cannot be looked at: better said now than by a reviewer.
    make_jpeg(read_upload(upload))
    attach_upload(upload_id=upload_id, owner_id=landlord.pk, kind=Upload.Kind.MANDATE)


def _at(pointer: str, refusal: type[InvalidInput]) -> InvalidInput:
    return refusal(errors=[FieldError(refusal.code, str(refusal.title), pointer)])


def _note(deed: str, mandate: Mandate, actor: User) -> None:
    record(
        f"mandate.{deed}",
        subject=f"mandate:{mandate.pk}",
        actor_id=actor.pk,
        details={"agency_id": str(mandate.agency_id), "fee_bps": mandate.fee_bps},
    )
