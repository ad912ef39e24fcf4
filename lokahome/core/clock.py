"""The one clock. Domain code asks it and nothing else, so tests can move time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

PORTO_NOVO = ZoneInfo("Africa/Porto-Novo")
"""UTC+1 all year: days that people see (due dates, receipts) are days here."""


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return timezone.now()


def today() -> date:
    """Return the calendar day in Benin."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """Return the calendar day in Benin of an aware *moment*; ValueError for another."""
    if timezone.is_naive(moment):
        raise ValueError("a moment is aware: a naive one would be the machine's")
    return moment.astimezone(PORTO_NOVO).date()


def utc_text(moment: datetime) -> str:
    """Return an aware *moment* as RFC 3339 in UTC: ``2026-11-23T12:30:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
