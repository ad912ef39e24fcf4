"""How often one may ask for a code or try a password: SMS cost money, guesses accounts."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from accounts.queries.signing_in import handle_for
from accounts.services.signing_in.code_costs import spend_code
from lokahome.core import limits
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone

QUARTER = timedelta(minutes=15)
TEN_MINUTES = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

PER_PHONE = 3
PER_PHONE_A_DAY = 20
PER_DEVICE = 6
PER_CLIENT = 200
"""Generous: carriers put thousands of phones behind one address."""
PER_CLIENT_WITHOUT_DEVICE = 30
"""Our apps name their device; what does not is a browser, or somebody's script."""
LETTERS_PER_PERSON = 5
LETTERS_PER_PERSON_A_DAY = 15

GUESSES_PER_PHONE_A_DAY = 50
"""However many codes were asked for: of a million, one guess in 20 000 a day."""
GUESSES_PER_CLIENT = 600

LOGINS_PER_PERSON = 10
LOGINS_PER_CLIENT = 100

PROOFS_PER_PERSON_A_DAY = 20
DIGITS_PER_PERSON = 6
"""In DIGITS_WINDOW, of ten thousand: a stranger with the SIM would guess for years."""
DIGITS_WINDOW = timedelta(days=7)


def take_code_limits(
    *, phone: str, client_ip: str, now: datetime, device_key: UUID | None = None
) -> None:
    """Count one request for a code; raises RateLimited when one limit is reached.

    By number, device, client address, country prefix and the day's cost. Counted in
    PostgreSQL in the caller's transaction, so a refused request counts nowhere and
    parallel ones are counted exactly. Keys are keyed hashes: the table of limits holds
    no number, no device and no address.
    """
    number, client = fingerprint(phone), fingerprint(client_ip)
    limits.take("code.phone", number, limit=PER_PHONE, window=TEN_MINUTES, now=now)
    limits.take("code.phone_day", number, limit=PER_PHONE_A_DAY, window=DAY, now=now)
    if device_key is None:
        name, key, limit = "code.no_device", client, PER_CLIENT_WITHOUT_DEVICE
    else:
        name, key, limit = "code.device", fingerprint(str(device_key)), PER_DEVICE
    limits.take(name, key, limit=limit, window=TEN_MINUTES, now=now)
    limits.take("code.client", client, limit=PER_CLIENT, window=TEN_MINUTES, now=now)
    spend_code(phone=phone, now=now)


def take_letter_limits(*, person_id: UUID, client_ip: str, now: datetime) -> None:
    """Count one code by e-mail; raises RateLimited, see `take_code_limits`."""
    person, client = str(person_id), fingerprint(client_ip)
    for name, key, limit, window in (
        ("letter.person", person, LETTERS_PER_PERSON, HOUR),
        ("letter.person_day", person, LETTERS_PER_PERSON_A_DAY, DAY),
        ("letter.client", client, PER_CLIENT, TEN_MINUTES),
    ):
        limits.take(name, key, limit=limit, window=window, now=now)


def take_guess_limits(*, phone: str, client_ip: str, now: datetime) -> None:
    """Count one answer to a code; raises RateLimited. Call it outside a transaction.

    *phone* is empty for a request that nobody made: such answers count by address.
    """
    if client_ip:
        _take_guess("guess.client", client_ip, GUESSES_PER_CLIENT, TEN_MINUTES, now)
    if phone:
        _take_guess("guess.phone", phone, GUESSES_PER_PHONE_A_DAY, DAY, now)


def _take_guess(
    name: str, value: str, limit: int, window: timedelta, now: datetime
) -> None:
    limits.take(name, fingerprint(value), limit=limit, window=window, now=now)


def take_proof_limits(*, person_id: UUID, method: str, now: datetime) -> None:
    """Count one try at a second proof; raises RateLimited. Call it outside a transaction.

    Four digits are few: they are counted by the week, over all sessions and challenges.
    """
    person = str(person_id)
    limits.take("proof.day", person, limit=PROOFS_PER_PERSON_A_DAY, window=DAY, now=now)
    if method == "document_digits":
        limits.take(
            "proof.digits",
            person,
            limit=DIGITS_PER_PERSON,
            window=DIGITS_WINDOW,
            now=now,
        )


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
