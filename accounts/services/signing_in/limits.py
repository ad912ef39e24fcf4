"""How often one may ask for a code: SMS cost money, and floods of them patience."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from lokahome.core import limits
from lokahome.core.networks import take_from

TEN_MINUTES = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

PER_PHONE = 3
PER_PHONE_A_DAY = 10
PER_DEVICE = 6
PER_CLIENT = 200
"""Generous: carriers put thousands of phones behind one address."""
PER_CLIENT_A_DAY = 1_000
"""New devices, behind one address: a twentieth of the day's money, and no more."""
PER_CLIENT_WITHOUT_DEVICE = 30
"""Our apps name their device; what does not is a browser, or somebody's script."""
LETTERS_PER_PERSON = 5
LETTERS_PER_PERSON_A_DAY = 15


def take_code_limits(
    *,
    phone: str,
    client_ip: str,
    now: datetime,
    device_key: UUID | None = None,
    by: str = "",
    kind: str = "code",
) -> None:
    """Count one request for a code; raises RateLimited when one limit is reached.

    By number, device and client, in ten minutes and in a day; *kind* ``letter`` counts
    what leaves by e-mail apart. *by* names whom strangers must not keep waiting (see
    `codes.own_count`): they are counted alone, and no address counts against them.
    Counted in PostgreSQL in the caller's transaction, so a refused request counts
    nowhere and parallel ones are counted exactly. Keys are keyed hashes: the table of
    limits holds no number, no device and no address.
    """
    number = fingerprint(f"{phone}:{by}" if by else phone)
    name = f"{kind}.own" if by else f"{kind}.phone"
    limits.take(name, number, limit=PER_PHONE, window=TEN_MINUTES, now=now)
    limits.take(f"{name}_day", number, limit=PER_PHONE_A_DAY, window=DAY, now=now)
    if by:
        return
    if device_key is not None:
        key = fingerprint(str(device_key))
        limits.take("code.device", key, limit=PER_DEVICE, window=TEN_MINUTES, now=now)
    for name, limit, window in (
        ("code.no_device", PER_CLIENT_WITHOUT_DEVICE, TEN_MINUTES),
        ("code.client", PER_CLIENT, TEN_MINUTES),
        ("code.client_day", PER_CLIENT_A_DAY, DAY),
    ):
        if name != "code.no_device" or device_key is None:
            take_from(name, client_ip, limit=limit, window=window, now=now)


def take_letter_limits(*, person_id: UUID, client_ip: str, now: datetime) -> None:
    """Count one code by e-mail; raises RateLimited, see `take_code_limits`."""
    person = str(person_id)
    for name, limit, window in (
        ("letter.person", LETTERS_PER_PERSON, HOUR),
        ("letter.person_day", LETTERS_PER_PERSON_A_DAY, DAY),
    ):
        limits.take(name, person, limit=limit, window=window, now=now)
    take_from("letter.client", client_ip, limit=PER_CLIENT, window=TEN_MINUTES, now=now)


def fingerprint(value: str) -> str:
    """Return a keyed hash of *value*, 32 hex digits, to count by it without keeping it."""
    key = settings.CODE_HASH_KEY.encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
