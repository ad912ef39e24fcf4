"""What the app of homes does when others tell it something."""

from __future__ import annotations

from accounts.events import (
    AgencyClosed,
    AgencyDecided,
    CaseDecided,
    CaseOverturned,
    SanctionEnded,
    SanctionImposed,
)
from lokahome.core import clock
from lokahome.core.events.subscribers import DOCUMENTS, STATE, subscribe
from lokahome.core.money import Money
from payments.events import ChargeSettled
from properties.events import RentPeriodPaid
from properties.services.agency_suspensions import follow_agency
from properties.services.held_listings import hold_listings_of, show_held_listings_of
from properties.services.mandate_ends import end_mandates_of
from properties.services.moderation import (
    hidden_listing,
    hide_reported_listing,
    show_listing_again,
)
from properties.services.quittances import issue_quittance
from properties.services.rent import apply_rent_payment, lease_of


@subscribe(ChargeSettled, lane=STATE)
def apply_settled_charge(event: ChargeSettled) -> None:
    """Apply money that was taken to the lease it was paid for."""
    if lease_id := lease_of(event.subject_ref):
        apply_rent_payment(
            charge_id=event.charge_id,
            lease_id=lease_id,
            payer_id=event.payer_id,
            amount=Money(event.amount, event.currency),
            captured_at=event.captured_at,
        )


@subscribe(RentPeriodPaid, lane=DOCUMENTS)
def issue_quittance_of_paid_period(event: RentPeriodPaid) -> None:
    """Issue the quittance of a period that is paid in full."""
    issue_quittance(period_id=event.period_id)


@subscribe(CaseDecided, lane=STATE)
def hide_listing_of_decided_case(event: CaseDecided) -> None:
    """Suspend the listing that the staff decided to hide."""
    if listing_id := hidden_listing(
        kind=event.kind, decision=event.decision, subject=event.subject_ref
    ):
        hide_reported_listing(
            listing_id=listing_id, case_id=event.case_id, now=clock.now()
        )


@subscribe(AgencyClosed, lane=STATE)
def end_mandates_of_closed_agency(event: AgencyClosed) -> None:
    """Give the units of a closed agency back to their landlords."""
    end_mandates_of(agency_id=event.agency_id, now=clock.now())


@subscribe(AgencyDecided, lane=STATE)
def follow_decided_agency(event: AgencyDecided) -> None:
    """Give a suspended agency's listings back to their landlords, until it is restored."""
    follow_agency(agency_id=event.agency_id, now=clock.now())


@subscribe(CaseOverturned, lane=STATE)
def show_listing_of_overturned_case(event: CaseOverturned) -> None:
    """Give the owner the listing back whose suspension an appeal took back."""
    if listing_id := hidden_listing(
        kind=event.kind, decision=event.decision, subject=event.subject_ref
    ):
        show_listing_again(
            listing_id=listing_id, case_id=event.case_id, now=clock.now()
        )


@subscribe(SanctionImposed, lane=STATE)
def hold_listings_of_closed_account(event: SanctionImposed) -> None:
    """Take the homes of a suspended or banned owner from the public, and from agencies."""
    hold_listings_of(landlord_id=event.person_id, now=clock.now())


@subscribe(SanctionEnded, lane=STATE)
def show_listings_of_open_account(event: SanctionEnded) -> None:
    """Publish again what the closing of its owner's account had paused."""
    show_held_listings_of(landlord_id=event.person_id, now=clock.now())
