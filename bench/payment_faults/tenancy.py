"""One running lease, made by the demo's own steps, that any number of payments pay."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.client import Refused
from deploy.demo.gateway import Gateway
from deploy.demo.journey import Journey
from deploy.demo.people import Person, mtn_number
from deploy.demo.steps.leasing import accept, apply, sign
from deploy.demo.steps.listing import draw_photos, money, register_home, submit
from deploy.demo.steps.moderating import publish
from deploy.demo.steps.signing_up import sign_everybody_up
from deploy.throwaway.platform import Platform

AMOUNT = 700
OVER = frozenset({"succeeded", "failed", "expired", "in_review"})
_STEPS = (
    *(sign_everybody_up, register_home, draw_photos, submit, publish),
    *(apply, accept, sign),
)


@dataclass(slots=True)
class Asked:
    """A payment that was asked for."""

    id: str
    reference: str
    amount: int


@dataclass(slots=True)
class Tenancy:
    """A tenant under a lease, and every payment that was asked of them."""

    tenant: Person
    lease_id: str
    gateway: Gateway
    charges: list[Asked] = field(default_factory=list)

    def pay(self, ending: str, *, amount: int = AMOUNT, seconds: float = 30) -> Asked:
        """Ask for a payment from a wallet with this outcome, as a stubborn app does.

        A lost connection or a 503 is answered by the same request with the same key.
        """
        key = str(uuid.uuid4())
        body = {"amount": money(amount), "operator": "mtn", "phone": mtn_number(ending)}
        until = time.monotonic() + seconds
        while True:
            try:
                path = f"leases/{self.lease_id}/payments"
                found = self.tenant.api.post(path, body, key=key)
                break
            except (httpx.TransportError, Refused) as error:
                final = isinstance(error, Refused) and error.status not in (409, 503)
                if final or time.monotonic() > until:
                    raise
                time.sleep(0.3)
        asked = Asked(found["id"], found["reference"], found["amount"]["amount"])
        self.charges.append(asked)
        return asked

    def read(self, asked: Asked) -> dict[str, Any]:
        """Return the payment as its payer sees it; a lost connection is tried again."""
        for attempt in range(40):
            try:
                found: dict[str, Any] = self.tenant.api.get(f"payments/{asked.id}")
                return found
            except httpx.TransportError:
                if attempt == 39:
                    raise
                time.sleep(0.25)
        raise AssertionError("unreachable")

    def end_of(self, asked: Asked, *, seconds: float) -> tuple[str, list[str]]:
        """Return the status in which the payment ended, and all that its payer was told.

        The status is empty when it had not ended in time.
        """
        told: list[str] = []
        until = time.monotonic() + seconds
        while True:
            payment = self.read(asked)
            if not told or told[-1] != payment["payer_message"]:
                told.append(payment["payer_message"])
            if payment["status"] in OVER:
                return str(payment["status"]), told
            if time.monotonic() > until:
                return "", told
            time.sleep(0.5)

    def never_ended(self, *, until: float) -> int:
        """Return how many payments are still open at *until* (monotonic seconds)."""
        left = list(self.charges)
        while left and time.monotonic() < until:
            left = [asked for asked in left if self.read(asked)["status"] not in OVER]
            if left:
                time.sleep(1)
        return len(left)


def tenancy(here: Platform) -> Tenancy:
    """Walk the demo's steps up to a signed lease; raises what they raise."""
    journey = Journey(here.addresses)
    for step in _STEPS:
        step(journey)
    gateway = Gateway(here.addresses.simulator)
    return Tenancy(journey.tenant, journey.lease_id, gateway)
