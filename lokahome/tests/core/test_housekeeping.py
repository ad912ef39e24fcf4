"""Housekeeping: what has had its time goes, everything else stays."""

from __future__ import annotations

from datetime import timedelta

from lokahome.core import clock
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.housekeeping import clean_up
from lokahome.core.limits import RateWindow, take


def delivery(number, status):
    event = OutboxEvent(name="lokahome.x", subject=f"lamp:{number}", payload={})
    event.save()
    done = clock.now() if status == "done" else None
    Delivery(
        event=event,
        subscriber="tests.x",
        lane="notify",
        subject=event.subject,
        status=status,
        done_at=done,
    ).save()


def test_deliveries_that_were_made_go_after_a_month_and_facts_stay(db):
    for number, status in enumerate(("done", "waiting", "parked")):
        delivery(number, status)
    assert clean_up(now=clock.now() + timedelta(days=29))["deliveries"] == 0
    assert clean_up(now=clock.now() + timedelta(days=31))["deliveries"] == 1
    left = set(Delivery.objects.values_list("status", flat=True))
    assert left == {"waiting", "parked"}, "what was not delivered is never forgotten"
    assert OutboxEvent.objects.count() == 3


def test_windows_of_limits_go_when_nothing_counts_any_more(db):
    now = clock.now()
    take("a", "k", limit=1, window=timedelta(hours=1), now=now)
    assert clean_up(now=now + timedelta(minutes=59))["rate_windows"] == 0
    assert clean_up(now=now + timedelta(minutes=61))["rate_windows"] == 1
    assert not RateWindow.objects.exists()
