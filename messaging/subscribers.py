"""Facts to words: who is told what. Each one translates and makes its calls."""

from __future__ import annotations

from uuid import UUID

from accounts.events import CodeRequested
from lokahome.core import clock
from lokahome.core.events.base import Event
from lokahome.core.events.delivering import RetryLater
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.events import ResendRequested
from messaging.queries.facts import occurrence
from messaging.services.notify import notify, send_code
from messaging.services.sending import send_message
from payments.events import ChargeExpired, ChargeFailed
from properties.events import (
    ApplicationAccepted,
    ApplicationDeclined,
    ApplicationReceived,
    LeaseActivated,
    LeaseSentForSignature,
    ListingChangesRequested,
    ListingPublished,
    ListingRejected,
    RentPaid,
)


def tell(event: Event, template: str, *people: UUID, occurred: str = "") -> None:
    """Tell *people* the fact *event* in the words of *template*.

    *occurred* tells facts apart that may come true more than once for one subject.
    Raises RetryLater when somebody could not be told now, after trying the others.
    """
    payload = event.to_payload()
    ids = {
        name: value
        for name, value in payload.items()
        if name.endswith("_id") or name == "failure_code"
    }
    fact = ":".join(filter(None, [event.name, event.subject(), occurred]))
    later: RetryLater | None = None
    for person_id in people:
        try:
            notify(
                fact=fact,
                person_id=person_id,
                template=template,
                context_ids=ids,
                now=clock.now(),
            )
        except RetryLater as wish:
            later = wish
    if later is not None:
        raise later


@subscribe(CodeRequested, lane=NOTIFY)
def send_requested_code(event: CodeRequested) -> None:
    """Mint the code and send it."""
    send_code(request_id=event.request_id, now=clock.now())


@subscribe(ResendRequested, lane=NOTIFY)
def send_again(event: ResendRequested) -> None:
    """Try the message again."""
    send_message(message_id=event.message_id, now=clock.now())


@subscribe(ListingPublished, lane=NOTIFY)
def tell_listing_published(event: ListingPublished) -> None:
    """Tell the landlord that the listing can be found."""
    occurred = occurrence(event.subject(), "published")
    tell(event, "listing_published", event.landlord_id, occurred=occurred)


@subscribe(ListingRejected, lane=NOTIFY)
def tell_listing_rejected(event: ListingRejected) -> None:
    """Tell the landlord that the listing was refused; the app shows why."""
    tell(event, "listing_rejected", event.landlord_id)


@subscribe(ListingChangesRequested, lane=NOTIFY)
def tell_listing_needs_changes(event: ListingChangesRequested) -> None:
    """Tell the landlord that a correction is asked for; the app shows which."""
    occurred = occurrence(event.subject(), "needs_changes")
    tell(event, "listing_needs_changes", event.landlord_id, occurred=occurred)


@subscribe(ApplicationReceived, lane=NOTIFY)
def tell_application_received(event: ApplicationReceived) -> None:
    """Tell the landlord that somebody applies."""
    tell(event, "application_received", event.landlord_id)


@subscribe(ApplicationAccepted, lane=NOTIFY)
def tell_application_accepted(event: ApplicationAccepted) -> None:
    """Tell the tenant that the landlord said yes."""
    tell(event, "application_accepted", event.tenant_id)


@subscribe(ApplicationDeclined, lane=NOTIFY)
def tell_application_declined(event: ApplicationDeclined) -> None:
    """Tell the tenant that the landlord said no."""
    tell(event, "application_declined", event.tenant_id)


@subscribe(LeaseSentForSignature, lane=NOTIFY)
def tell_lease_to_sign(event: LeaseSentForSignature) -> None:
    """Tell both parties that the lease waits for them."""
    occurred = occurrence(event.subject(), "out_for_signature")
    people = (event.landlord_id, event.tenant_id)
    tell(event, "lease_to_sign", *people, occurred=occurred)


@subscribe(LeaseActivated, lane=NOTIFY)
def tell_lease_active(event: LeaseActivated) -> None:
    """Tell both parties that the lease runs."""
    tell(event, "lease_active", event.landlord_id, event.tenant_id)


@subscribe(ChargeFailed, lane=NOTIFY)
def tell_charge_failed(event: ChargeFailed) -> None:
    """Tell the payer that nothing was taken."""
    tell(event, "charge_failed", event.payer_id)


@subscribe(ChargeExpired, lane=NOTIFY)
def tell_charge_expired(event: ChargeExpired) -> None:
    """Tell the payer that nothing was taken, for want of an approval."""
    tell(event, "charge_expired", event.payer_id)


@subscribe(RentPaid, lane=NOTIFY)
def tell_rent_paid(event: RentPaid) -> None:
    """Tell the payer and the landlord that the rent came in."""
    tell(event, "rent_paid_payer", event.payer_id)
    if event.landlord_id != event.payer_id:
        tell(event, "rent_paid_landlord", event.landlord_id)
