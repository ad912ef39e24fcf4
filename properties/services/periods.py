"""Opening rent periods and letting them fall overdue; the calendar of a lease."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q

from lokahome.core.clock import local_day
from lokahome.core.events.outbox import append
from properties.events import RentFellOverdue, RentPeriodOpened
from properties.models import Lease, RentPeriod
from properties.models.rent import RENT_PERIOD_STATES
from properties.services.allocations import allocate_credit

OPENED_AHEAD = timedelta(days=5)
"""A period is opened this long before its first day, so that people can pay early."""


def month_after(start: date, months: int) -> date:
    """Return the day *months* after *start*; the last of the month when it is shorter.

    Counted from the lease's own start, so that the 31st comes back after February.
    """
    index = start.month - 1 + months
    year, month = start.year + index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def due_day_from(start: date, due_day: int) -> date:
    """Return the first *due_day* (1-28) of a month on or after *start*."""
    here = start.replace(day=due_day)
    return (
        here
        if here >= start
        else month_after(start.replace(day=1), 1).replace(day=due_day)
    )


def open_next_period(lease: Lease, *, now: datetime) -> RentPeriod | None:
    """Open the period after the last one of the locked *lease*, and return it.

    None when the lease ends before it. Takes waiting credit. Emits RentPeriodOpened.
    """
    count = lease.rent_periods.count()
    starts_on = month_after(lease.starts_on, count)
    if lease.ends_on is not None and starts_on >= lease.ends_on:
        return None
    period = RentPeriod(
        lease=lease,
        starts_on=starts_on,
        ends_on=month_after(lease.starts_on, count + 1) - timedelta(days=1),
        due_on=due_day_from(starts_on, lease.due_day),
        amount=lease.rent,
        currency=lease.currency,
    )
    period.save()
    append(
        RentPeriodOpened(
            lease_id=lease.pk,
            landlord_id=lease.landlord_id,
            tenant_id=lease.tenant_id,
            period_id=period.pk,
            amount=period.amount,
            currency=period.currency,
            due_on=period.due_on,
        )
    )
    allocate_credit(lease, now=now)
    return period


def open_due_periods(*, now: datetime) -> int:
    """Open every period whose first day is near; return how many were opened.

    Each lease in its own transaction, locked; running it twice, or in two processes at
    once, opens nothing twice.
    """
    horizon = local_day(now) + OPENED_AHEAD
    behind = (
        Lease.objects.running()
        .annotate(last=Max("rent_periods__ends_on"))
        .filter(Q(last=None) | Q(last__lt=horizon))
        .filter(Q(ends_on=None) | Q(last=None) | Q(ends_on__gt=F("last")))
    )
    opened = 0
    for lease_id in behind.values_list("pk", flat=True):
        opened += _open_until(lease_id, horizon, now)
    return opened


@transaction.atomic
def _open_until(lease_id: UUID, horizon: date, now: datetime) -> int:
    lease = Lease.objects.running().select_for_update(no_key=True).filter(pk=lease_id)
    row = lease.first()
    opened = 0
    while row is not None:
        if month_after(row.starts_on, row.rent_periods.count()) > horizon:
            break
        if open_next_period(row, now=now) is None:
            break
        opened += 1
    return opened


def mark_overdue_periods(*, now: datetime) -> int:
    """Let periods whose due day has passed fall overdue; return how many did."""
    late = RentPeriod.objects.filter(
        status__in=(RentPeriod.Status.DUE, RentPeriod.Status.PART_PAID),
        due_on__lt=local_day(now),
    )
    marked = 0
    for period_id, lease_id in late.values_list("pk", "lease_id"):
        marked += _mark_overdue(period_id, lease_id, now)
    return marked


@transaction.atomic
def _mark_overdue(period_id: UUID, lease_id: UUID, now: datetime) -> int:
    lease = Lease.objects.select_for_update(no_key=True).get(pk=lease_id)
    period = RentPeriod.objects.select_for_update(no_key=True).get(pk=period_id)
    if period.status not in (RentPeriod.Status.DUE, RentPeriod.Status.PART_PAID):
        return 0
    RENT_PERIOD_STATES.apply(
        period, "fall_overdue", who="system", actor_id=None, now=now
    )
    append(
        RentFellOverdue(
            lease_id=lease.pk,
            landlord_id=lease.landlord_id,
            tenant_id=lease.tenant_id,
            period_id=period.pk,
            balance=period.balance.amount,
            currency=period.currency,
        )
    )
    return 1
