"""Quiet hours: when a phone should not ring for what can wait until morning."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings

from lokahome.core.clock import PORTO_NOVO


def hours_of(text: str) -> tuple[time, time] | None:
    """Return the start and end that ``"21:00-07:00"`` means; None for an empty text.

    Raises ValueError for anything else.
    """
    if not text:
        return None
    start, _dash, end = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def quiet_until(now: datetime) -> datetime | None:
    """Return when the quiet hours in which *now* falls end, None outside of them.

    They are `settings.QUIET_HOURS` by the clocks of Benin; the end itself is not quiet.
    """
    hours = hours_of(settings.QUIET_HOURS)
    if hours is None:
        return None
    start, end = hours
    here = now.astimezone(PORTO_NOVO)
    at = here.time()
    across_midnight = start > end
    is_quiet = (at >= start or at < end) if across_midnight else start <= at < end
    if not is_quiet:
        return None
    ends = datetime.combine(here.date(), end, tzinfo=PORTO_NOVO)
    return ends if ends > here else ends + timedelta(days=1)
