"""What a day's codes may cost: floods of SMS to far countries are somebody's income."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django.db import connection
from django.utils import timezone

from lokahome.core.errors import RateLimited
from lokahome.core.ids import uuid7

PRICES = {
    "229": 12,
    "221": 40,
    "225": 38,
    "226": 42,
    "227": 45,
    "228": 35,
    "234": 28,
    "33": 45,
}
"""Francs of one SMS by country prefix, rounded up: a budget, not an invoice."""
OTHER_PRICE = 60
CAPS = {"229": 240_000}
"""Most francs a day: 20 000 codes to Benin."""
OTHER_CAP = 15_000
"""A few hundred codes a day to each other country: travellers, not a farm of numbers."""
TOTAL_CAP = 300_000
ALL = ""

SPEND = """
INSERT INTO accounts_codespending AS s (id, created_at, day, prefix, sent, cost)
SELECT %(id)s, %(now)s, %(day)s, %(prefix)s, 1, %(price)s WHERE %(price)s <= %(cap)s
ON CONFLICT (day, prefix) DO UPDATE SET sent = s.sent + 1, cost = s.cost + %(price)s
WHERE s.cost + %(price)s <= %(cap)s
RETURNING 1
"""


def spend_code(*, phone: str, now: datetime) -> None:
    """Count one SMS to *phone* (E.164) by its price; RateLimited beyond the day's cap.

    Call it last in a transaction: the day's rows stay locked until it ends.
    """
    prefix = str(phonenumbers.parse(phone).country_code)
    price = PRICES.get(prefix, OTHER_PRICE)
    _spend(prefix, price, CAPS.get(prefix, OTHER_CAP), now)
    _spend(ALL, price, TOTAL_CAP, now)


def _spend(prefix: str, price: int, cap: int, now: datetime) -> None:
    local = timezone.localtime(now)
    values: dict[str, Any] = {
        "id": uuid7(),
        "now": now,
        "day": local.date(),
        "prefix": prefix,
        "price": price,
        "cap": cap,
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, values)
        if cursor.fetchone():
            return
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    wait = midnight + timedelta(days=1) - local
    raise RateLimited(retry_after_seconds=int(wait.total_seconds()) + 1)
