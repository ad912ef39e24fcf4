"""Clock to a call: periodic jobs of words (rows in lokahome/schedule.py)."""

from __future__ import annotations

from celery import shared_task

from lokahome.core import clock
from messaging.services import held, inbound, nudging


@shared_task(name="messaging.nudge_unread")
def nudge_unread() -> None:
    """Send an SMS to whoever has not fetched what others wrote."""
    nudging.nudge_unread(now=clock.now())


@shared_task(name="messaging.send_held")
def send_held() -> None:
    """Send what quiet hours held back."""
    held.send_held(now=clock.now())


@shared_task(name="messaging.erase_old_sms")
def erase_old_sms() -> None:
    """Empty received SMS whose time is over."""
    inbound.erase_old_sms(now=clock.now())
