"""How often one may ask for a code: SMS cost money, and floods of them patience."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from accounts.queries.signing_in import is_settled_device_of_number
from accounts.services.signing_in.code_costs import client_share
from lokahome.core import limits
from lokahome.core.networks import take_from

TEN_MINUTES = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

PER_PHONE = 3
PER_PHONE_A_DAY = 10
OWN_DEVICES_A_DAY = 20
"""All devices that a number's person is known by together: whoever has the password
makes any number of them."""
NEW_DEVICES_A_DAY = 10
"""Those of them that became known within two days: the others keep the rest."""
PER_DEVICE = 6
PER_CLIENT = 200
"""Generous: carriers put thousands of phones behind one address. Known devices have as
much again there, which no stranger uses up."""
PER_CLIENT_A_DAY = 1_000
"""From one address, and once more from known devices behind it. To Benin it is 12 000
francs, a twentieth of the day's; of another country `code_costs.client_share` allows a
tenth (33 SMS to France), or a few hundred would shut it to all strangers. An IPv6 client
has a /48 with twice as much of everything."""
PER_CLIENT_WITHOUT_DEVICE = 30
"""Our apps name their device; what does not is a browser, or somebody's script."""
CODE, PROOF = "code", "proof"
LETTERS_PER_PERSON = 5
LETTERS_PER_PERSON_A_DAY = 15


def take_code_limits(
    *,
    phone: str,
    client_ip: str,
    now: datetime,
    device_key: UUID | None = None,
    by: str = "",
    kind: str = CODE,
) -> None:
    """Count one request for a code; raises RateLimited when one limit is reached.

    By number, device and client, in ten minutes and in a day; *kind* ``letter`` counts
    what leaves by e-mail apart. *by* names whom strangers must not keep waiting (see
    `codes.own_count`): they have counts of their own, devices by address and all
    together as well; *kind* ``proof`` is asked for by who is in already, and counts by
    number and person alone. Counted in PostgreSQL in the caller's transaction, so a
    refused request counts nowhere and parallel ones are counted exactly. Keys are keyed
    hashes: the table of limits holds no number, no device and no address.
    """
    number = fingerprint(f"{phone}:{by}" if by else phone)
    name = f"{kind}.own" if by else f"{kind}.phone"
    limits.take(name, number, limit=PER_PHONE, window=TEN_MINUTES, now=now)
    limits.take(f"{name}_day", number, limit=PER_PHONE_A_DAY, window=DAY, now=now)
    if kind == PROOF:
        return
    if by:
        _take_own_devices(kind, phone, by, now)
    if device_key is not None:
        key = fingerprint(str(device_key))
        limits.take("code.device", key, limit=PER_DEVICE, window=TEN_MINUTES, now=now)
    counts = [] if device_key else [("code.no_device", PER_CLIENT_WITHOUT_DEVICE)]
    client = "code.own_client" if by else "code.client"
    for name, limit in (*counts, (client, PER_CLIENT)):
        take_from(name, client_ip, limit=limit, window=TEN_MINUTES, now=now)
    take_from(f"{client}_day", client_ip, limit=PER_CLIENT_A_DAY, window=DAY, now=now)
    if kind == CODE and (share := client_share(phone)) is not None:
        prefix, limit = share
        name = f"{client}_{prefix}_day"
        take_from(name, client_ip, limit=limit, window=DAY, now=now)


def _take_own_devices(kind: str, phone: str, device: str, now: datetime) -> None:
    """Count what all known devices of a number ask for together; raises RateLimited."""
    number = fingerprint(phone)
    counts = [(f"{kind}.own_devices_day", OWN_DEVICES_A_DAY)]
    if not is_settled_device_of_number(phone, device, now):
        counts.append((f"{kind}.new_devices_day", NEW_DEVICES_A_DAY))
    for name, limit in counts:
        limits.take(name, number, limit=limit, window=DAY, now=now)


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
