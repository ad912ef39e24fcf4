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

OLDEST = """
SELECT min(m) FROM core_ratewindow w, unnest(w.moments) m
WHERE w.name = %(name)s AND w.key_digest = %(key)s AND m > %(since)s
"""


def take(name: str, key: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one use of *name* by *key*; raise RateLimited beyond *limit* in *window*.

    Call it outside the transaction of the work that it limits: a refusal further on
    must not give the use back.
    """
    values: dict[str, Any] = {
        "name": name,
        "key": hashlib.sha256(key.encode()).hexdigest(),
        "now": now,
        "since": now - window,
        "until": now + window,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        if cursor.fetchone():
            return
        cursor.execute(OLDEST, values)
        oldest = cursor.fetchone()[0] or now
    wait = int((oldest + window - now).total_seconds()) + 1
    raise RateLimited(retry_after_seconds=max(wait, 1))


def forget_old_windows(*, now: datetime) -> int:
    """Delete windows in which nothing counts any more; return how many."""
    return RateWindow.objects.filter(until__lt=now).delete()[0]
