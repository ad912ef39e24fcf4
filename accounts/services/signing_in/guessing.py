"""Wrong answers and wrong passwords: strangers wear out the tries of strangers only.

Whoever knows a number could otherwise keep its person out for days. A device that the
person signed in on, and whoever asked for the code, have tries of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import CodeRequest
from accounts.models.session import device_digest
from accounts.queries.signing_in import (
    handle_for,
    is_device_of_handle,
    is_device_of_number,
    is_device_of_person,
)
from lokahome.core import limits
from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.errors import DomainError
from lokahome.core.networks import network_of, take_from
from lokahome.core.phones import normalise_phone

QUARTER = timedelta(minutes=15)
TEN_MINUTES = timedelta(minutes=10)
DAY = timedelta(days=1)

GUESSES_PER_PHONE_A_DAY = 50
"""However many codes were asked for: of a million, one guess in 20 000 a day."""
GUESSES_PER_CLIENT = 600
"""Answers to requests that somebody else made, or that are over."""

LOGINS_PER_NAME = 10
LOGINS_PER_CLIENT = 100
DOOR_PER_CLIENT = 30
"""Tries at the staff's door: a few colleagues share one address, not a town."""


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who answers, as far as a device and an address tell."""

    client_ip: str = ""
    device_key: UUID | None = None

    @property
    def digest(self) -> str:
        """The digest under which a request remembers who made it; empty for nobody."""
        return asker_digest(self.client_ip, self.device_key)


def asker_digest(client_ip: str, device_key: UUID | None) -> str:
    """Return the digest of the device, or of the network of one that names none."""
    if device_key is not None:
        return device_digest(device_key)
    network = network_of(client_ip)
    return keyed_digest(network, purpose="asker") if network else ""


def count_guess(
    request: CodeRequest, guesser: Guesser, *, is_right: bool, now: datetime
) -> None:
    """Count one wrong answer to a locked *request* that can be used; RateLimited.

    Whoever made the request, and a device that its person is known by, have a count of
    their own, so that nobody else fills it. A right answer is not counted, and refused
    where a wrong one would be. Call it in the transaction of the try: they count
    together, or neither.
    """
    about = request.number_digest or str(request.pk)
    if guesser.digest and guesser.digest == request.asker_digest:
        name, key = "guess.asker", f"{about}:{guesser.digest}"
    elif _knows(request, guesser, now):
        name, key = "guess.known", f"{about}:{guesser.digest}"
    else:
        name, key = "guess.phone", about
    count = limits.require_room if is_right else limits.take
    count(name, key, limit=GUESSES_PER_PHONE_A_DAY, window=DAY, now=now)
    if name == "guess.phone" and not is_right:
        count_idle_answer(guesser, now=now)


def count_idle_answer(guesser: Guesser, *, now: datetime) -> None:
    """Count an answer by the client alone: to a request of somebody else, or of nobody."""
    if guesser.client_ip:
        take_from(
            "guess.client",
            guesser.client_ip,
            limit=GUESSES_PER_CLIENT,
            window=TEN_MINUTES,
            now=now,
        )


def _knows(request: CodeRequest, guesser: Guesser, now: datetime) -> bool:
    if request.phone:
        return is_device_of_number(request.phone, guesser.digest, now)
    return is_device_of_person(request.person_id, guesser.digest, now)


@dataclass(frozen=True, slots=True)
class CountedLogin:
    """One try of a password that was counted, until it turns out to be right."""

    counts: tuple[tuple[str, str], ...]
    at: datetime

    def give_back(self) -> None:
        """Forget the try: the password was right."""
        for name, key in self.counts:
            limits.give_back(name, key, now=self.at)


def take_login_limits(
    *, identifier: str, client_ip: str, device_key: UUID | None, now: datetime
) -> CountedLogin:
    """Count one try of a password over the API; RateLimited when a limit is reached.

    By the name as it is typed, in one spelling: counting by person would tell whose
    number it is. A device that the person signed in on is counted alone. Call it
    outside a transaction: tries that fail must count.
    """
    name = spelled(identifier)
    device = device_digest(device_key) if device_key is not None else ""
    if is_device_of_handle(handle_for(identifier), device, now):
        key = keyed_digest(f"{name}:{device}", purpose="login")
        counts = (("login.known", key),)
    else:
        counts = (("login.name", keyed_digest(name, purpose="login")),)
        take_from(
            "login.client",
            client_ip,
            limit=LOGINS_PER_CLIENT,
            window=QUARTER,
            now=now,
        )
    for bucket, key in counts:
        limits.take(bucket, key, limit=LOGINS_PER_NAME, window=QUARTER, now=now)
    return CountedLogin(counts, now)


def take_door_limits(*, identifier: str, client_ip: str, now: datetime) -> None:
    """Count one try of a password at the staff's door; raises RateLimited.

    By address only, or anybody could keep a colleague out: whoever guesses from many
    addresses still lacks the second factor. Call it outside a transaction.
    """
    take_from("door.client", client_ip, limit=DOOR_PER_CLIENT, window=QUARTER, now=now)
    key = f"{spelled(identifier)}:{network_of(client_ip)}"
    limits.take(
        "door.name",
        keyed_digest(key, purpose="login"),
        limit=LOGINS_PER_NAME,
        window=QUARTER,
        now=now,
    )


def take_change_limits(*, session_id: UUID, now: datetime) -> None:
    """Count one try of the password in use by whoever is signed in; RateLimited."""
    limits.take(
        "password.change",
        str(session_id),
        limit=LOGINS_PER_NAME,
        window=QUARTER,
        now=now,
    )


def spelled(identifier: str) -> str:
    """Return the one spelling in which a number, or a handle, is counted."""
    name = identifier.strip()
    try:
        return normalise_phone(name)
    except DomainError:
        return name.casefold()
