"""Facts that other apps may listen to: ids, amounts and states only.

``provider_id``, ``customer_id`` and ``requester_id`` are people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ProviderSuspended(Event):
    """Staff took a provider off; the reason is on the profile."""

    about: ClassVar[str] = "profile_id"
    profile_id: UUID
    provider_id: UUID

    def subject(self) -> str:
        """Name the noun as reports do."""
        return f"provider:{self.profile_id}"


@dataclass(frozen=True, kw_only=True)
class _AboutRequest:
    about: ClassVar[str] = "request_id"
    request_id: UUID
    requester_id: UUID

    def subject(self) -> str:
        """Name the noun in full: ``request:`` alone would say nothing."""
        return f"service_request:{self.request_id}"


@dataclass(frozen=True, kw_only=True)
class RequestOpened(_AboutRequest, Event):
    """Somebody asks for a service; providers around may quote."""


@dataclass(frozen=True, kw_only=True)
class RequestCancelled(_AboutRequest, Event):
    """The requester took a request back before accepting a quote."""


@dataclass(frozen=True, kw_only=True)
class RequestExpired(_AboutRequest, Event):
    """A request's time passed without an accepted quote."""


@dataclass(frozen=True, kw_only=True)
class _AboutQuote:
    about: ClassVar[str] = "quote_id"
    quote_id: UUID
    request_id: UUID
    requester_id: UUID
    provider_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteReceived(_AboutQuote, Event):
    """A provider sent a quote, or a new revision of one (``revision`` above 1)."""

    revision: int = 1


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(_AboutQuote, Event):
    """The requester accepted a quote: there is a job, still to be paid for."""

    job_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteDeclined(_AboutQuote, Event):
    """The requester declined a quote, or accepted another one."""


@dataclass(frozen=True, kw_only=True)
class _AboutJob:
    about: ClassVar[str] = "job_id"
    job_id: UUID
    customer_id: UUID
    provider_id: UUID


@dataclass(frozen=True, kw_only=True)
class JobFunded(_AboutJob, Event):
    """The customer's money is held; the provider may come."""

    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class JobStarted(_AboutJob, Event):
    """The provider is on site: the start code was right."""


@dataclass(frozen=True, kw_only=True)
class JobDelivered(_AboutJob, Event):
    """The work is done: photos and the finish code are there; approval is next."""


@dataclass(frozen=True, kw_only=True)
class JobApproved(_AboutJob, Event):
    """The customer approved, or said nothing for 72 hours."""

    by_silence: bool


@dataclass(frozen=True, kw_only=True)
class JobDisputed(_AboutJob, Event):
    """A party contests; staff have to decide how the money is split."""

    case_id: UUID


@dataclass(frozen=True, kw_only=True)
class JobDisputeDecided(_AboutJob, Event):
    """Staff split the money of a disputed job."""

    case_id: UUID
    to_customer: int
    to_provider: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class JobClosed(_AboutJob, Event):
    """The money left escrow: to the provider, the customer or both. Reviews open."""

    to_customer: int
    to_provider: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class JobCancelled(_AboutJob, Event):
    """A job was given up. ``cancelled_by`` is customer, provider or system."""

    cancelled_by: str
    refund: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ReviewsRevealed(_AboutJob, Event):
    """What the parties of a job wrote of each other can be read by everybody."""
