"""Limits that protect codes, money and SMS: rows in PostgreSQL, exact under parallelism.

DRF's throttles read, add and write a cache in three steps; twenty requests at once pass
them. Here one statement decides, under the row's lock.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from lokahome.core.db.models import BaseModel
from lokahome.core.errors import RateLimited


class RateWindow(BaseModel):
    """The moments at which something limited was done within its sliding window."""

    name = models.CharField(max_length=60)
    key_digest = models.CharField(max_length=64)
    """SHA-256 of what is counted (a phone, an address): the value itself is not kept."""
    moments = ArrayField(models.DateTimeField())
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name", "key_digest"], name="core_rate_key"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.key_digest[:8]}"


TAKE = """
INSERT INTO core_ratewindow AS w (id, created_at, name, key_digest, moments, until)
SELECT gen_random_uuid(), %(now)s, %(name)s, %(key)s, ARRAY[%(now)s]::timestamptz[],
       %(until)s
WHERE %(limit)s > 0
ON CONFLICT (name, key_digest) DO UPDATE SET
  moments = ARRAY(SELECT m FROM unnest(w.moments) m WHERE m > %(since)s) || %(now)s,
  until = %(until)s
WHERE (SELECT count(*) FROM unnest(w.moments) m WHERE m > %(since)s) < %(limit)s
RETURNING 1
"""

USED = """
SELECT count(m), min(m) FROM core_ratewindow w, unnest(w.moments) m
WHERE w.name = %(name)s AND w.key_digest = %(key)s AND m > %(since)s
"""

GIVE_BACK = """
UPDATE core_ratewindow
SET moments = moments[: array_position(moments, %(now)s) - 1]
           || moments[array_position(moments, %(now)s) + 1 :]
WHERE name = %(name)s AND key_digest = %(key)s AND %(now)s = ANY(moments)
"""


def take(name: str, key: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one use of *name* by *key*; raise RateLimited beyond *limit* in *window*.

    Inside a transaction it counts with it: what is refused or undone further on counts
    nowhere. Where the refused tries are what is limited, call it outside, or commit.
    """
    values = _values(name, key, window, now) | {"limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        if cursor.fetchone():
            return
        cursor.execute(USED, values)
        _used, oldest = cursor.fetchone()
    raise _refused(oldest or now, window, now)


def require_room(
    name: str, key: str, *, limit: int, window: timedelta, now: datetime
) -> None:
    """Raise RateLimited where `take` would; count nothing."""
    with connection.cursor() as cursor:
        cursor.execute(USED, _values(name, key, window, now))
        used, oldest = cursor.fetchone()
    if used >= limit:
        raise _refused(oldest or now, window, now)


def give_back(name: str, key: str, *, now: datetime) -> None:
    """Forget one use of *name* by *key* that was taken at *now*: it was no abuse.

    Another one of the same moment goes on counting; what was not taken changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, _values(name, key, timedelta(0), now))


def _values(name: str, key: str, window: timedelta, now: datetime) -> dict[str, Any]:
    return {
        "name": name,
        "key": hashlib.sha256(key.encode()).hexdigest(),
        "now": now,
        "since": now - window,
        "until": now + window,
    }


def _refused(oldest: datetime, window: timedelta, now: datetime) -> RateLimited:
    wait = int((oldest + window - now).total_seconds()) + 1
    return RateLimited(retry_after_seconds=max(wait, 1))


def forget_old_windows(*, now: datetime) -> int:
    """Delete windows in which nothing counts any more; return how many."""
    return RateWindow.objects.filter(until__lt=now).delete()[0]
