"""Facts of homes: listings, applications, leases, repairs."""

from __future__ import annotations

from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.queries.audiences import agents_of_lead
from messaging.queries.facts import occurrence
from messaging.subscribers.telling import tell
from properties.events import (
    ApplicationAccepted,
    ApplicationDeclined,
    ApplicationReceived,
    LeaseActivated,
    LeaseSentForSignature,
    ListingChangesRequested,
    ListingPublished,
    ListingRejected,
    ListingSuspended,
    TicketDecided,
    TicketOpened,
    TicketResolved,
)


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


@subscribe(ListingSuspended, lane=NOTIFY)
def tell_listing_suspended(event: ListingSuspended) -> None:
    """Tell the landlord that the listing is no longer shown; the app shows why."""
    occurred = occurrence(event.subject(), "suspended")
    tell(event, "listing_suspended", event.landlord_id, occurred=occurred)


@subscribe(ApplicationReceived, lane=NOTIFY)
def tell_application_received(event: ApplicationReceived) -> None:
    """Tell the landlord that somebody applies, and the agency whose lead it is."""
    agents = agents_of_lead(event.application_id)
    tell(event, "application_received", event.landlord_id, *agents)


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


@subscribe(TicketOpened, lane=NOTIFY)
def tell_ticket_opened(event: TicketOpened) -> None:
    """Tell the other party of the lease what is broken."""
    parties = {event.landlord_id, event.tenant_id} - {event.opened_by_id}
    tell(event, "ticket_opened", *sorted(parties))


@subscribe(TicketDecided, lane=NOTIFY)
def tell_ticket_decided(event: TicketDecided) -> None:
    """Tell the tenant who pays; a decision after a contest is another fact."""
    occurred = occurrence(event.subject(), "decided")
    tell(event, "ticket_decided", event.tenant_id, occurred=occurred)


@subscribe(TicketResolved, lane=NOTIFY)
def tell_ticket_resolved(event: TicketResolved) -> None:
    """Tell both parties that the repair is done."""
    tell(event, "ticket_resolved", event.landlord_id, event.tenant_id)
