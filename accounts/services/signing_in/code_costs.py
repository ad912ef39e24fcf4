"""What a day's SMS may cost: floods of codes to far countries are somebody's income.

Of each purse strangers spend up to 70 %, devices that were known for two days up to 90 %;
what tells people about their account's safety is paid up to the last franc, so that no
flood of codes makes a theft silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import phonenumbers
import structlog
from django.db import connection, transaction
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

HOME = "229"
RESERVED = 30
"""Percent of each cap that strangers cannot spend: people on a device that was known for
two days sign in on the day somebody has our money sent to the four winds."""
FOR_FACTS = 10
"""Percent of each cap, the last of RESERVED, that no code spends: security facts alone."""
CLIENT_PART = 10
"""Percent of another country's cap that one address may have sent in a day."""
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

    def part(self, percent: int) -> int:
        return self.cap * percent // 100


def _purses(phone: str) -> tuple[_Purse, _Purse]:
    """Return the purses that pay an SMS to *phone*, in the order in which they are locked.

    The one of all countries first: whoever pays holds it until the end, so that nobody
    waits for it with another country's in hand, however many numbers one fact rings at.
    """
    prefix = _prefix(phone)
    price = PRICES.get(prefix, OTHER_PRICE)
    return (
        _Purse(ALL, price, TOTAL_CAP),
        _Purse(prefix, price, CAPS.get(prefix, OTHER_CAP)),
    )


def _prefix(phone: str) -> str:
    return str(phonenumbers.parse(phone).country_code)


def client_share(phone: str) -> tuple[str, int] | None:
    """Return how many SMS to the country of *phone* one address may ask for in a day.

    With the prefix to count by. None for Benin, where whole towns share an address.
    """
    _all, purse = _purses(phone)
    if purse.prefix == HOME:
        return None
    return purse.prefix, max(purse.part(CLIENT_PART) // purse.price, 1)


def require_money(*, phone: str, is_own: bool, now: datetime) -> None:
    """Raise RateLimited when no SMS to *phone* (E.164) can be paid any more today.

    Nothing is spent: a request may turn out to be for nobody. *is_own* opens the part
    of RESERVED that is kept from strangers, but for FOR_FACTS.
    """
    purses = {purse.prefix: purse for purse in _purses(phone)}
    today = CodeSpending.objects.filter(day=local_day(now), prefix__in=purses)
    for prefix, cost in today.values_list("prefix", "cost"):
        purse = purses[prefix]
        if cost + purse.price > purse.part(_open_to_codes(is_own)):
            raise _refused(now)


def spend_code(*, phone: str, now: datetime, is_own: bool = False) -> None:
    """Pay one code to *phone* (E.164); RateLimited beyond what codes may spend.

    Refused, it paid nothing, whatever the caller goes on with. Call it as the SMS is
    about to leave, last in a transaction: the day's rows stay locked until it ends.
    Publishes CodeMoneySpent at each of WARN_AT.
    """
    _pay(phone, _open_to_codes(is_own), now)


def spend_fact(*, phone: str, now: datetime) -> None:
    """Pay one SMS about an account's safety, to the end of the purse; see `spend_code`."""
    _pay(phone, 100, now)


def _open_to_codes(is_own: bool) -> int:
    return 100 - (FOR_FACTS if is_own else RESERVED)


@transaction.atomic
def _pay(phone: str, percent: int, now: datetime) -> None:
    for purse in _purses(phone):
        _spend(purse, purse.part(percent), now)


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
