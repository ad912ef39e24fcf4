"""What a day's codes may cost: floods of SMS to far countries are somebody's income."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import phonenumbers
import structlog
from django.db import connection
from django.utils import timezone

from accounts.events import CodeMoneySpent
from accounts.models import CodeSpending
from lokahome.core.clock import local_day
from lokahome.core.errors import RateLimited
from lokahome.core.events.outbox import append
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

RESERVED = 30
"""Percent of each cap that strangers cannot spend: people on a known device sign in
on the day somebody has our money sent to the four winds."""
WARN_AT = (80, 50)
"""Percent of a cap at which the operators are told, the last one first."""

SPEND = """
INSERT INTO accounts_codespending AS s
       (id, created_at, day, prefix, sent, cost, warned_percent)
SELECT %(id)s, %(now)s, %(day)s, %(prefix)s, 1, %(price)s, 0 WHERE %(price)s <= %(cap)s
ON CONFLICT (day, prefix) DO UPDATE SET sent = s.sent + 1, cost = s.cost + %(price)s
WHERE s.cost + %(price)s <= %(cap)s
RETURNING id, cost, warned_percent
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Purse:
    """What may be spent on one *prefix* on a day, and what one SMS there costs."""

    prefix: str
    price: int
    cap: int

    def open_to(self, *, is_own: bool) -> int:
        return self.cap if is_own else self.cap * (100 - RESERVED) // 100


def _purses(phone: str) -> tuple[_Purse, _Purse]:
    prefix = str(phonenumbers.parse(phone).country_code)
    price = PRICES.get(prefix, OTHER_PRICE)
    return (
        _Purse(prefix, price, CAPS.get(prefix, OTHER_CAP)),
        _Purse(ALL, price, TOTAL_CAP),
    )


def require_money(*, phone: str, is_own: bool, now: datetime) -> None:
    """Raise RateLimited when no SMS to *phone* (E.164) can be paid any more today.

    Nothing is spent: a request may turn out to be for nobody. *is_own* opens the part
    that is kept from strangers.
    """
    purses = {purse.prefix: purse for purse in _purses(phone)}
    today = CodeSpending.objects.filter(day=local_day(now), prefix__in=purses)
    for prefix, cost in today.values_list("prefix", "cost"):
        if cost + purses[prefix].price > purses[prefix].open_to(is_own=is_own):
            raise _refused(now)


def spend_code(*, phone: str, now: datetime, is_own: bool = False) -> None:
    """Pay one SMS to *phone* (E.164); RateLimited beyond the day's cap.

    Call it as the SMS is about to leave, last in a transaction: the day's rows stay
    locked until it ends. Publishes CodeMoneySpent at each of WARN_AT.
    """
    for purse in _purses(phone):
        _spend(purse, purse.open_to(is_own=is_own), now)


def _spend(purse: _Purse, cap: int, now: datetime) -> None:
    values: dict[str, Any] = {
        "id": uuid7(),
        "now": now,
        "day": local_day(now),
        "prefix": purse.prefix,
        "price": purse.price,
        "cap": cap,
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, values)
        row = cursor.fetchone()
    if row is None:
        raise _refused(now)
    spending_id, cost, warned = row
    reached = next((at for at in WARN_AT if cost * 100 >= purse.cap * at), 0)
    if reached > warned:
        _warn(spending_id, purse, reached)


def _warn(spending_id: UUID, purse: _Purse, percent: int) -> None:
    CodeSpending.objects.filter(pk=spending_id).update(warned_percent=percent)
    append(CodeMoneySpent(spending_id=spending_id, percent=percent))
    log.warning("code_money_spent", prefix=purse.prefix or "all", percent=percent)


def _refused(now: datetime) -> RateLimited:
    local = timezone.localtime(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    wait = midnight + timedelta(days=1) - local
    return RateLimited(retry_after_seconds=int(wait.total_seconds()) + 1)
