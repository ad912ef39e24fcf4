"""Facts of services: requests, quotes, jobs, reviews."""

from __future__ import annotations

from lokahome.core.events.subscribers import NOTIFY, subscribe
from marketplace.events import (
    JobApproved,
    JobCancelled,
    JobClosed,
    JobDelivered,
    JobDisputed,
    JobDisputeDecided,
    JobFunded,
    JobStarted,
    QuoteAccepted,
    QuoteDeclined,
    QuoteReceived,
    RequestCancelled,
    RequestExpired,
    RequestOpened,
    ReviewsRevealed,
)
from messaging.queries.audiences import occupant_of, providers_near, quoters_of
from messaging.subscribers.telling import tell, tell_apart


@subscribe(RequestOpened, lane=NOTIFY)
def tell_request_nearby(event: RequestOpened) -> None:
    """Show the request to the providers around who do such work."""
    tell(event, "request_nearby", *providers_near(event.request_id))


@subscribe(RequestCancelled, lane=NOTIFY)
def tell_request_cancelled(event: RequestCancelled) -> None:
    """Tell those who quoted that the request was taken back."""
    tell(event, "request_cancelled", *quoters_of(event.request_id))


@subscribe(RequestExpired, lane=NOTIFY)
def tell_request_expired(event: RequestExpired) -> None:
    """Tell the asker that the time for quotes is over."""
    tell(event, "request_expired", event.requester_id)


@subscribe(QuoteReceived, lane=NOTIFY)
def tell_quote_received(event: QuoteReceived) -> None:
    """Tell the asker that there is a quote to answer."""
    tell(event, "quote_received", event.requester_id)


@subscribe(QuoteAccepted, lane=NOTIFY)
def tell_quote_accepted(event: QuoteAccepted) -> None:
    """Tell the provider that the quote was chosen."""
    tell(event, "quote_accepted", event.provider_id)


@subscribe(QuoteDeclined, lane=NOTIFY)
def tell_quote_declined(event: QuoteDeclined) -> None:
    """Tell the provider that the quote was not chosen."""
    tell(event, "quote_declined", event.provider_id)


@subscribe(JobFunded, lane=NOTIFY)
def tell_job_funded(event: JobFunded) -> None:
    """Tell the provider to come, the payer that the money is held."""
    tell_apart(
        event, ("job_funded", event.provider_id), ("job_held", event.customer_id)
    )


@subscribe(JobStarted, lane=NOTIFY)
def tell_job_started(event: JobStarted) -> None:
    """Tell the payer, and who is on site, that the work has begun."""
    tell(event, "job_started", event.customer_id, occupant_of(event.job_id))


@subscribe(JobDelivered, lane=NOTIFY)
def tell_job_delivered(event: JobDelivered) -> None:
    """Tell the payer that the work waits for an approval."""
    tell(event, "job_delivered", event.customer_id)


@subscribe(JobApproved, lane=NOTIFY)
def tell_job_approved(event: JobApproved) -> None:
    """Tell the provider that the money is theirs."""
    tell(event, "job_approved", event.provider_id)


@subscribe(JobDisputed, lane=NOTIFY)
def tell_job_disputed(event: JobDisputed) -> None:
    """Tell both parties that the money stays where it is."""
    tell(event, "job_disputed", event.customer_id, event.provider_id)


@subscribe(JobDisputeDecided, lane=NOTIFY)
def tell_dispute_decided(event: JobDisputeDecided) -> None:
    """Tell both parties that staff have decided."""
    tell(event, "dispute_decided", event.customer_id, event.provider_id)


@subscribe(JobClosed, lane=NOTIFY)
def tell_job_closed(event: JobClosed) -> None:
    """Tell both parties that the job is over and that they may write a review."""
    tell(event, "job_closed", event.customer_id, event.provider_id)


@subscribe(JobCancelled, lane=NOTIFY)
def tell_job_cancelled(event: JobCancelled) -> None:
    """Tell everybody who would have met: both parties, and who is on site."""
    people = (event.customer_id, event.provider_id, occupant_of(event.job_id))
    tell(event, "job_cancelled", *people)


@subscribe(ReviewsRevealed, lane=NOTIFY)
def tell_reviews_revealed(event: ReviewsRevealed) -> None:
    """Tell both parties that the reviews can be read."""
    tell(event, "reviews_revealed", event.customer_id, event.provider_id)
