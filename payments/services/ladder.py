"""When to ask the gateway again: a ladder of waits that only answers climb."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom

FIRST_WAITS = (5, 10, 20, 40)
WAITS: tuple[int, ...] = (
    *FIRST_WAITS,
    *(60,) * 14,  # a minute apart for the first quarter of an hour
    *(120, 300, 600, 900),
    *(3600,) * 23,  # hourly for the first day
    *(86_400,) * 6,  # daily for the first week
)
"""Seconds before each check. After the last one a person looks into it."""

UNANSWERED_WAIT = (30, 300)
"""Shortest and longest wait, in seconds, after a check that got no answer."""
JITTER_PERCENT = 10
_random = SystemRandom()


def next_check(step: int, *, now: datetime) -> datetime | None:
    """Return when to ask after *step* answers, jittered; None at the ladder's end."""
    if step >= len(WAITS):
        return None
    return now + _jittered(WAITS[step])


def check_after_silence(step: int, *, now: datetime) -> datetime:
    """Return when to ask again after no answer; the step stays as it is."""
    shortest, longest = UNANSWERED_WAIT
    wait = WAITS[min(step, len(WAITS) - 1)]
    return now + _jittered(max(shortest, min(wait, longest)))


def _jittered(seconds: int) -> timedelta:
    spread = seconds * 10 * JITTER_PERCENT  # milliseconds
    return timedelta(milliseconds=seconds * 1000 + _random.randint(-spread, spread))
