"""The calendar of rent."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from properties.models import Lease
from properties.services.periods import (
    due_day_from,
    mark_overdue_periods,
    month_after,
    open_due_periods,
)
from properties.tests import factories as make


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_lease_from_the_31st_comes_back_to_the_31st():
    start = date(2027, 1, 31)
    days = [month_after(start, n) for n in range(4)]
    assert days == [start, date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


@given(start=st.dates(date(2020, 1, 1), date(2060, 1, 1)), due=st.integers(1, 28))
def test_the_due_day_lies_within_a_month_of_the_start(start, due):
    day = due_day_from(start, due)
    assert day.day == due
    assert start <= day < month_after(start, 1) + timedelta(days=1)


@given(start=st.dates(date(2020, 1, 1), date(2060, 1, 1)), count=st.integers(1, 40))
def test_periods_leave_no_day_out(start, count):
    starts = [month_after(start, n) for n in range(count + 1)]
    assert starts == sorted(set(starts))


@pytest.mark.django_db
def test_periods_open_five_days_ahead_once(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    second = month_after(lease.starts_on, 1)
    assert open_due_periods(now=noon(second - timedelta(days=6))) == 0
    assert open_due_periods(now=noon(second - timedelta(days=5))) == 1
    assert open_due_periods(now=noon(second - timedelta(days=5))) == 0
    first, opened = lease.rent_periods.order_by("starts_on")
    assert opened.starts_on == first.ends_on + timedelta(days=1) == second


@pytest.mark.django_db
def test_a_beat_that_slept_for_months_opens_what_it_missed(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    later = noon(month_after(lease.starts_on, 3))
    assert open_due_periods(now=later) == 3
    assert lease.rent_periods.count() == 4


@pytest.mark.django_db
def test_a_lease_that_ends_opens_no_period_after_it(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    Lease.objects.update(ends_on=month_after(lease.starts_on, 2))
    open_due_periods(now=noon(month_after(lease.starts_on, 6)))
    assert lease.rent_periods.count() == 2


@pytest.mark.django_db
def test_unpaid_rent_falls_overdue_after_its_day(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    period = lease.rent_periods.get()
    assert mark_overdue_periods(now=noon(period.due_on)) == 0
    assert mark_overdue_periods(now=noon(period.due_on + timedelta(days=1))) == 1
    assert mark_overdue_periods(now=noon(period.due_on + timedelta(days=1))) == 0
    period.refresh_from_db()
    assert period.status == "overdue"
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert list(names).count("properties.rent_fell_overdue") == 1


@pytest.mark.django_db
def test_part_of_an_overdue_rent_leaves_it_overdue_and_all_of_it_pays_it(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    period = lease.rent_periods.get()
    mark_overdue_periods(now=noon(period.due_on + timedelta(days=1)))
    make.settle(make.charge(lease, 10_000), lease)
    period.refresh_from_db()
    assert (period.status, period.paid) == ("overdue", 10_000)
    make.settle(make.charge(lease), lease)
    period.refresh_from_db()
    assert (period.status, period.paid) == ("paid", 35_000)
    assert clock.now() > period.paid_at
