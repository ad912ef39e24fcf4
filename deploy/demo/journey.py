"""What the steps of the journey share, and how each is told to whoever watches."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.addresses import Addresses
from deploy.demo.client import Api, Refused, Unexpected
from deploy.demo.people import Person


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that ended, as the API and the gateway name it."""

    id: str
    reference: str
    amount: int
    captured: bool


@dataclass(slots=True)
class Journey:
    """What is known so far; each step fills in what the next ones need."""

    addresses: Addresses
    seed: int = field(default_factory=lambda: secrets.randbelow(2**31))
    landlord: Person = None  # type: ignore[assignment]  # filled by the first step
    tenant: Person = None  # type: ignore[assignment]  # as above
    stranger: Person = None  # type: ignore[assignment]  # as above
    landmark: dict[str, Any] = field(default_factory=dict)
    pin: dict[str, float] = field(default_factory=dict)
    rent: int = 0
    unit_id: str = ""
    listing: dict[str, Any] = field(default_factory=dict)
    application_id: str = ""
    lease_id: str = ""
    providers: list[Person] = field(default_factory=list)
    ticket_id: str = ""
    job_id: str = ""
    agency_id: str = ""
    rival_id: str = ""
    agency: Api = None  # type: ignore[assignment]  # its owner, acting for it
    agent: Api = None  # type: ignore[assignment]  # as above
    rival: Api = None  # type: ignore[assignment]  # another agency's owner
    payments: list[Payment] = field(default_factory=list)

    @property
    def anonymous(self) -> Api:
        """An app in which nobody signed in."""
        return Api(self.addresses.api)

    @property
    def slug(self) -> str:
        """The listing's name in public addresses."""
        return str(self.listing["slug"])


Told = list[str]
Step = Callable[[Journey], Told]
"""Does one thing and returns the lines that say what happened."""


def walk(journey: Journey, steps: Sequence[tuple[str, Step]]) -> bool:
    """Take each step, printing what happened and how long it took; False on a failure."""
    begin = time.monotonic()
    for number, (title, step) in enumerate(steps, start=1):
        started = time.monotonic()
        try:
            told = step(journey)
        except (Refused, Unexpected, httpx.HTTPError) as error:
            seconds = time.monotonic() - started
            print(f"{number:>2}. {title}: FAILED after {seconds:.1f} s", flush=True)
            reason = str(error) or type(error).__name__
            print(f"\n{reason}", file=sys.stderr, flush=True)
            return False
        seconds = time.monotonic() - started
        print(f"{number:>2}. {title:<56}{seconds:6.1f} s", flush=True)
        for line in told:
            print(f"      {line}", flush=True)
    print(f"    all of it {time.monotonic() - begin:54.1f} s", flush=True)
    return True
