"""Who may, what can, and what a cancellation costs: pure predicates over loaded rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lokahome.core.money import Money
from marketplace.models import Job, Quote, Review, ServiceRequest
from marketplace.models.jobs import JOB_STATES, MAX_CODE_TRIES

REQUEST_LIFETIME = timedelta(days=14)
SILENCE = timedelta(hours=72)
"""After a delivery, saying nothing for this long approves it."""
FUND_WITHIN = timedelta(days=7)
"""An accepted job that nobody pays for this long is given up by the system."""
REVIEW_WINDOW = timedelta(days=14)
"""Reviews are taken this long after the close, and revealed then if not before."""

WHOLE = 10_000
"""Basis points of a whole."""
LEAD_TIMES = (
    (timedelta(hours=24), 0),
    (timedelta(hours=4), 1_000),
    (timedelta(0), 2_500),
)
"""Time left before the appointment, and the share (basis points) that a provider keeps
when the customer cancels a funded job. A choice of this product, shown before paying."""
AFTER_APPOINTMENT = 2_500
NO_SHOW_AFTER = timedelta(hours=2)
"""This long after the appointment without a start code, the provider did not come."""
AFTER_START = 5_000
"""The provider's share when the customer stops work that has begun."""


@dataclass(frozen=True, slots=True)
class CancellationTerms:
    """What a cancellation at one moment would do with the money; the two add up."""

    refund: Money
    to_provider: Money


def cancellation_terms(job: Job, who: str, now: datetime) -> CancellationTerms:
    """Return how the price of *job* is split if *who* cancels it *now*.

    *who* is ``customer``, ``provider`` or ``system``. Nothing was paid, nothing moves;
    a provider or the system who gives up keeps nothing; what a customer loses grows as
    the appointment comes near, and is nothing without an appointment to come or a
    provider who could.
    """
    nothing = Money(0, job.currency)
    if job.status not in Job.HELD_STATES:
        return CancellationTerms(nothing, nothing)
    share = _provider_share(job, who, now)
    refund, kept = job.money.split([WHOLE - share, share])
    return CancellationTerms(refund, kept)


def _provider_share(job: Job, who: str, now: datetime) -> int:
    if who != Job.Party.CUSTOMER:
        return 0
    if job.status != Job.Status.FUNDED:
        return AFTER_START
    if job.scheduled_at is None or not job.provider.is_active:
        return 0
    if job.funded_at is not None and job.funded_at >= job.scheduled_at:
        return 0  # over before it was paid for: nobody is waiting for anybody
    left = job.scheduled_at - now
    if left <= -NO_SHOW_AFTER:
        return 0
    for least, share in LEAD_TIMES:
        if left >= least:
            return share
    return AFTER_APPOINTMENT


def roles_on_request(user: Any, request: ServiceRequest) -> set[str]:
    """Return what *user* is to *request*: ``requester``, ``occupant`` or nothing."""
    return _roles(user, requester=request.requester_id, occupant=request.occupant_id)


def roles_on_quote(user: Any, quote: Quote) -> set[str]:
    """Return what *user* is to *quote*: ``requester``, ``provider`` or nothing."""
    return _roles(
        user, requester=quote.request.requester_id, provider=quote.provider_id
    )


def roles_on_job(user: Any, job: Job) -> set[str]:
    """Return what *user* is to *job*: ``customer``, ``provider``, ``occupant``…"""
    return _roles(
        user,
        customer=job.customer_id,
        provider=job.provider_id,
        occupant=job.occupant_id,
    )


def may_see_place(user: Any, request: ServiceRequest, job: Job | None) -> bool:
    """Whether *user* may read the exact place: not before a quote is accepted."""
    if roles_on_request(user, request):
        return True
    return (
        job is not None
        and job.status in Job.UNDER_WAY_STATES
        and "provider" in roles_on_job(user, job)
    )


def actions_on_job(user: Any, job: Job) -> list[str]:
    """Return what *user* may do with *job* now, in the words of the API."""
    roles = roles_on_job(user, job)
    actions = JOB_STATES.allowed_actions(job.status, roles)
    if "customer" in roles:
        if job.status == Job.Status.ACCEPTED:
            actions.append("pay")
        if renewable_code(job):
            actions.append("renew_code")
    if job.status == Job.Status.CLOSED and roles & set(Review.Role.values):
        actions.append("review")
    return actions


def renewable_code(job: Job) -> str:
    """Return the code of *job* that matters now, ``start`` or ``finish``, or nothing."""
    return {Job.Status.FUNDED: "start", Job.Status.STARTED: "finish"}.get(
        Job.Status(job.status), ""
    )


def is_code_locked(job: Job, kind: str) -> bool:
    """Whether too many wrong codes were tried; the customer may renew it."""
    tries: int = getattr(job, f"{kind}_tries")
    return tries >= MAX_CODE_TRIES


def reviews_open(job: Job, *, now: datetime) -> bool:
    """Whether reviews of *job* are taken *now*."""
    return (
        job.status == Job.Status.CLOSED
        and job.ended_at is not None
        and now < job.ended_at + REVIEW_WINDOW
    )


def _roles(user: Any, **people: UUID | None) -> set[str]:
    if not user.is_authenticated or user.pk is None:
        return set()
    return {role for role, person_id in people.items() if person_id == user.pk}
