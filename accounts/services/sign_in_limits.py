"""How often one may ask for a code or try a password: SMS cost money, guesses accounts."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import phonenumbers
from django.conf import settings

from accounts.queries import handle_for
from lokahome.core import limits
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone

QUARTER = timedelta(minutes=15)
TEN_MINUTES = timedelta(minutes=10)
DAY = timedelta(days=1)

PER_PHONE = 3
PER_PHONE_A_DAY = 20
"""With 5 tries a code: at most 100 guesses a day at one number, of a million codes."""
PER_CLIENT = 30
"""Generous: carriers put thousands of phones behind one address."""
PER_COUNTRY_A_DAY = {"229": 20_000}
PER_OTHER_COUNTRY_A_DAY = 500
"""A flood of SMS to a far country is somebody earning on them, not new tenants."""

LOGINS_PER_PERSON = 10
LOGINS_PER_CLIENT = 100


def take_code_limits(*, phone: str, client_ip: str, now: datetime) -> None:
    """Count one request for a code; raises RateLimited when one limit is reached.

    Counted in PostgreSQL in the caller's transaction, so a refused request counts
    nowhere and parallel ones are counted exactly. Keys are keyed hashes: the table of
    limits holds no number and no address.
    """
    country = str(phonenumbers.parse(phone).country_code)
    cap = PER_COUNTRY_A_DAY.get(country, PER_OTHER_COUNTRY_A_DAY)
    number = fingerprint(phone)
    limits.take("code.phone", number, limit=PER_PHONE, window=TEN_MINUTES, now=now)
    limits.take("code.phone_day", number, limit=PER_PHONE_A_DAY, window=DAY, now=now)
    limits.take(
        "code.client",
        fingerprint(client_ip),
        limit=PER_CLIENT,
        window=TEN_MINUTES,
        now=now,
    )
    limits.take("code.country", country, limit=cap, window=DAY, now=now)


def take_login_limits(*, identifier: str, client_ip: str, now: datetime) -> None:
    """Count one try of a password; raises RateLimited when one limit is reached.

    A person is counted once, however *identifier* writes the number or the handle. Call
    it outside a transaction: tries that fail must count.
    """
    for name, key, limit in (
        ("login.person", _person_meant(identifier).casefold(), LOGINS_PER_PERSON),
        ("login.client", client_ip, LOGINS_PER_CLIENT),
    ):
        limits.take(name, fingerprint(key), limit=limit, window=QUARTER, now=now)


def _person_meant(identifier: str) -> str:
    """Return the handle; of a number that nobody has, its normal form.

    Both are counted alike: the limit must not tell which numbers have an account.
    """
    handle = handle_for(identifier)
    if handle != identifier:
        return handle
    try:
        return normalise_phone(identifier)
    except DomainError:
        return identifier


def fingerprint(value: str) -> str:
    """Return a keyed hash of *value*, 32 hex digits, to count by it without keeping it."""
    key = settings.CODE_HASH_KEY.encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
