"""Facts of agencies: invitations, decisions about them, mandates."""

from __future__ import annotations

from accounts.events import AgencyDecided, MemberInvited, MemberRemoved
from accounts.queries.agencies import agency_leaders
from lokahome.core import clock
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.queries.facts import occurrence
from messaging.services.inviting import tell_invitation
from messaging.subscribers.telling import tell, tell_apart
from properties.events import (
    MandateAccepted,
    MandateDeclined,
    MandateEnded,
    MandateProposed,
)
from properties.queries.mandates import landlords_of_agency


@subscribe(MemberInvited, lane=NOTIFY)
def tell_member_invited(event: MemberInvited) -> None:
    """Tell the number that an agency invites it."""
    tell_invitation(
        invitation_id=event.invitation_id, agency_id=event.agency_id, now=clock.now()
    )


@subscribe(MemberRemoved, lane=NOTIFY)
def tell_member_removed(event: MemberRemoved) -> None:
    """Tell somebody whom another one removed; who left knows it."""
    if event.by_id != event.person_id:
        tell(event, "member_removed", event.person_id)


@subscribe(AgencyDecided, lane=NOTIFY)
def tell_agency_decided(event: AgencyDecided) -> None:
    """Tell those who answer for the agency what staff decided, and its landlords."""
    tell_apart(
        event,
        *(("agency_decided", leader) for leader in agency_leaders(event.agency_id)),
        *(
            ("mandated_agency_decided", landlord)
            for landlord in landlords_of_agency(event.agency_id)
        ),
        occurred=occurrence(event.subject(), event.status),
    )


@subscribe(MandateProposed, lane=NOTIFY)
def tell_mandate_proposed(event: MandateProposed) -> None:
    """Ask those who answer for the agency."""
    tell(event, "mandate_proposed", *agency_leaders(event.agency_id))


@subscribe(MandateAccepted, lane=NOTIFY)
def tell_mandate_accepted(event: MandateAccepted) -> None:
    """Tell the landlord that the agency said yes."""
    tell(event, "mandate_accepted", event.landlord_id)


@subscribe(MandateDeclined, lane=NOTIFY)
def tell_mandate_declined(event: MandateDeclined) -> None:
    """Tell the landlord that the agency said no."""
    tell(event, "mandate_declined", event.landlord_id)


@subscribe(MandateEnded, lane=NOTIFY)
def tell_mandate_ended(event: MandateEnded) -> None:
    """Tell both sides that it is over."""
    tell(event, "mandate_ended", event.landlord_id, *agency_leaders(event.agency_id))
