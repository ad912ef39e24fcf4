"""Facts that other apps may listen to: ids, amounts and states only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class _AboutListing:
    about: ClassVar[str] = "listing_id"
    listing_id: UUID
    landlord_id: UUID


@dataclass(frozen=True, kw_only=True)
class ListingSubmitted(_AboutListing, Event):
    """An owner asked for a listing to be published; moderators have to look."""


@dataclass(frozen=True, kw_only=True)
class ListingPublished(_AboutListing, Event):
    """A moderator published a listing: it can be found."""


@dataclass(frozen=True, kw_only=True)
class ListingChangesRequested(_AboutListing, Event):
    """A moderator asked the owner for a correction; the reason is on the listing."""


@dataclass(frozen=True, kw_only=True)
class ListingRejected(_AboutListing, Event):
    """A moderator rejected a listing; the reason is on the listing."""


@dataclass(frozen=True, kw_only=True)
class ListingSuspended(_AboutListing, Event):
    """Staff suspended a listing; the reason is on the listing."""


@dataclass(frozen=True, kw_only=True)
class ListingLet(_AboutListing, Event):
    """The home is let: the listing is no longer shown."""


@dataclass(frozen=True, kw_only=True)
class _AboutApplication:
    about: ClassVar[str] = "application_id"
    application_id: UUID
    listing_id: UUID
    landlord_id: UUID
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationReceived(_AboutApplication, Event):
    """A tenant sent an application; the landlord has to answer."""


@dataclass(frozen=True, kw_only=True)
class ApplicationAccepted(_AboutApplication, Event):
    """The landlord accepted; a draft lease exists."""

    lease_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationDeclined(_AboutApplication, Event):
    """The landlord declined; the reason is on the application."""


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(_AboutApplication, Event):
    """The tenant took the application back."""


@dataclass(frozen=True, kw_only=True)
class _AboutLease:
    about: ClassVar[str] = "lease_id"
    lease_id: UUID
    landlord_id: UUID
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeaseSentForSignature(_AboutLease, Event):
    """The terms are fixed; both parties may sign."""


@dataclass(frozen=True, kw_only=True)
class LeaseSigned(_AboutLease, Event):
    """One party signed. ``role`` is ``landlord`` or ``tenant``."""

    person_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class LeaseActivated(_AboutLease, Event):
    """Both signed: the lease runs and its first period is open."""


@dataclass(frozen=True, kw_only=True)
class LeaseAbandoned(_AboutLease, Event):
    """A lease was given up before both had signed."""


@dataclass(frozen=True, kw_only=True)
class RentPeriodOpened(_AboutLease, Event):
    """A month's rent is known and asked for, due on ``due_on``."""

    period_id: UUID
    amount: int
    currency: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class RentFellOverdue(_AboutLease, Event):
    """A period's due day passed with something left to pay."""

    period_id: UUID
    balance: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class RentPaid(_AboutLease, Event):
    """A charge was applied to a lease: ``allocated`` to periods, ``credit`` kept."""

    charge_id: UUID
    payer_id: UUID
    amount: int
    currency: str
    allocated: int
    credit: int


@dataclass(frozen=True, kw_only=True)
class RentPeriodPaid(_AboutLease, Event):
    """A period's balance reached zero: a quittance may be issued, and only now."""

    period_id: UUID
    charge_id: UUID


@dataclass(frozen=True, kw_only=True)
class _AboutTicket:
    about: ClassVar[str] = "ticket_id"
    ticket_id: UUID
    lease_id: UUID
    landlord_id: UUID
    tenant_id: UUID
    opened_by_id: UUID


@dataclass(frozen=True, kw_only=True)
class TicketOpened(_AboutTicket, Event):
    """Something is broken; the landlord has to say who pays for its repair."""


@dataclass(frozen=True, kw_only=True)
class TicketDecided(_AboutTicket, Event):
    """It is decided who pays: ``payer`` is ``landlord`` or ``tenant``."""

    payer: str


@dataclass(frozen=True, kw_only=True)
class TicketResolved(_AboutTicket, Event):
    """The repair is done and paid for; ``cost`` fell to ``payer``."""

    payer: str
    cost: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class _AboutMandate:
    about: ClassVar[str] = "mandate_id"
    mandate_id: UUID
    agency_id: UUID
    unit_id: UUID
    landlord_id: UUID


@dataclass(frozen=True, kw_only=True)
class MandateProposed(_AboutMandate, Event):
    """A landlord offers a unit to an agency; the agency has to answer."""


@dataclass(frozen=True, kw_only=True)
class MandateAccepted(_AboutMandate, Event):
    """The agency accepted: it may work on the unit from the first day of the mandate."""


@dataclass(frozen=True, kw_only=True)
class MandateDeclined(_AboutMandate, Event):
    """The agency does not want the unit."""


@dataclass(frozen=True, kw_only=True)
class MandateEnded(_AboutMandate, Event):
    """A mandate is over: *status* is ended or expired, *by* who ended it."""

    status: str
    by: str


@dataclass(frozen=True, kw_only=True)
class HandlingTaken(Event):
    """An agency answers for a listing from now on: its leads are that agency's."""

    about: ClassVar[str] = "listing_id"
    listing_id: UUID
    agency_id: UUID
    landlord_id: UUID


@dataclass(frozen=True, kw_only=True)
class HandlingEnded(Event):
    """An agency answers for a listing no more."""

    about: ClassVar[str] = "listing_id"
    listing_id: UUID
    agency_id: UUID
    landlord_id: UUID
