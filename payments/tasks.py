"""Clock to a call: periodic jobs of money (rows in lokahome/schedule.py)."""

from __future__ import annotations

from celery import shared_task

from lokahome.core import clock
from payments.services import notices, polling, reconciliation


@shared_task(name="payments.request_due_checks")
def request_due_checks() -> None:
    """Ask for the checks of open charges and transfers that are due."""
    polling.request_due_checks(now=clock.now())


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    """Compare every gateway's list with ours."""
    reconciliation.reconcile_due(now=clock.now())


@shared_task(name="payments.erase_old_notice_bodies")
def erase_old_notice_bodies() -> None:
    """Empty webhook bodies whose time is over."""
    notices.erase_old_bodies(now=clock.now())
