"""Periodic jobs of homes; `lokahome.schedule` says when they run."""

from __future__ import annotations

from celery import shared_task

from lokahome.core import clock
from properties.services import periods
from properties.services.mandate_ends import expire_mandates


@shared_task(name="properties.open_rent_periods")
def open_rent_periods() -> None:
    """Open the rent periods that begin soon, and let late ones fall overdue."""
    now = clock.now()
    periods.open_due_periods(now=now)
    periods.mark_overdue_periods(now=now)


@shared_task(name="properties.expire_mandates")
def expire_due_mandates() -> None:
    """End the mandates whose last day is past."""
    expire_mandates(now=clock.now())
