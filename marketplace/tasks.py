"""Periodic jobs of services; `lokahome.schedule` says when they run."""

from __future__ import annotations

from celery import shared_task

from lokahome.core import clock
from marketplace.services import cancelling, jobs, quotes, requests, reviews


@shared_task(name="marketplace.approve_silent_deliveries")
def approve_silent_deliveries() -> None:
    """Approve what was delivered 72 hours ago and nobody contested."""
    jobs.approve_silent_deliveries(now=clock.now())


@shared_task(name="marketplace.expire_stale")
def expire_stale() -> None:
    """Let old quotes and requests expire, and give up jobs that nobody paid for."""
    now = clock.now()
    quotes.expire_stale_quotes(now=now)
    requests.expire_stale_requests(now=now)
    cancelling.cancel_unfunded_jobs(now=now)


@shared_task(name="marketplace.reveal_reviews")
def reveal_reviews() -> None:
    """Reveal the reviews of jobs closed 14 days ago."""
    reviews.reveal_due_reviews(now=clock.now())
