"""Webhooks that lie, repeat themselves or come late; a gateway that is dead."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import redis

from bench.payment_faults.tenancy import AMOUNT, Asked, Tenancy
from deploy.demo.client import wait_for
from deploy.demo.people import mtn_number, sign_in
from deploy.demo.steps.listing import money
from deploy.throwaway.platform import Platform

BURST, NEVER_ANSWERS, PAYS_LESS = "014", "004", "009"
_DUPLICATES = 200
_SMS_WITHIN = 10.0


@dataclass(slots=True)
class Hostile:
    """What was sent, and what went wrong."""

    duplicates: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Slow:
    """How the rest of the platform fared while the gateway was dead."""

    sms_seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


def dead_gateway(here: Platform, home: Tenancy) -> Slow:
    """Let two payments hang at a gateway that never answers; sign somebody in meanwhile."""
    home.gateway.fault(fault="timeout_before", on="create", count=2, seconds=6)
    for _ in range(2):
        home.pay("001")
    time.sleep(1)  # both must hang already, or the sign-in meets no dead gateway
    started = time.monotonic()
    sign_in(here.addresses, mtn_number())
    seconds = round(time.monotonic() - started, 2)
    late = seconds > _SMS_WITHIN
    found = [f"an SMS took {seconds} s while the gateway was dead"] if late else []
    return Slow(seconds, found)


def hostile_webhooks(here: Platform, home: Tenancy) -> Hostile:
    """Send what a gateway would not, two hundred at once what it would; check each."""
    found = Hostile()
    burst, pending, less = (home.pay(e) for e in (BURST, NEVER_ANSWERS, PAYS_LESS))
    found.violations += _same_request_at_once(home)
    found.violations += _lies(here, home, pending)
    redis.Redis.from_url(here.env["REDIS_URL"]).flushall()
    flushed = home.pay("001")
    redis.Redis.from_url(here.env["REDIS_URL"]).flushall()
    for asked, wanted in (
        (burst, "succeeded"),
        (flushed, "succeeded"),
        (less, "in_review"),
    ):
        status, _told = home.end_of(asked, seconds=60)
        if status != wanted:
            found.violations.append(
                f"{asked.reference} is {status or 'open'}, not {wanted}"
            )
    found.violations += _duplicates(here, home, burst)
    found.duplicates = _DUPLICATES
    home.gateway.approve(pending.reference)
    return found


def _same_request_at_once(home: Tenancy) -> list[str]:
    """Ten copies of one request in parallel make one payment."""
    key = str(uuid.uuid4())
    body = {"amount": money(AMOUNT), "operator": "mtn", "phone": mtn_number("001")}
    url = f"{home.tenant.api.base}/leases/{home.lease_id}/payments"
    headers = {**home.tenant.api.headers, "Idempotency-Key": key}

    def send(_: int) -> httpx.Response:
        return httpx.post(url, json=body, headers=headers, timeout=30)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    ids = {a.json()["id"] for a in answers if a.is_success}
    others = sorted({a.status_code for a in answers if not a.is_success} - {409})
    if len(ids) != 1 or others:
        return [f"one request, ten copies: {len(ids)} payments, statuses {others}"]
    payment = home.tenant.api.get(f"payments/{ids.pop()}")
    home.charges.append(Asked(payment["id"], payment["reference"], AMOUNT))
    return []


def _lies(here: Platform, home: Tenancy, pending: Asked) -> list[str]:
    """Claims of a payment that was not made: 401 unless signed, and never believed."""

    known = wait_for(
        "the charge at the gateway",
        lambda: home.gateway.charge(pending.reference),
        seconds=30,
    )
    entity = {"id": known["id"], "status": "approved", "amount": pending.amount}
    claim = {
        "id": f"evt_{uuid.uuid4().hex[:12]}",
        "name": "transaction.approved",
        "object": "transaction",
        "object_id": known["id"],
        "entity": {**entity, "merchant_reference": pending.reference},
    }
    body = json.dumps(claim).encode()
    secret = here.env["FEDAPAY_WEBHOOK_SECRET"]
    now = int(time.time())
    lies: tuple[tuple[str, bytes, str, int], ...] = (
        ("forged", body, signature("wh_sandbox_guessed", body, now), 401),
        ("unsigned", body, "", 401),
        ("late", body, signature(secret, body, now - 3600), 401),
        ("altered", body + b" ", signature(secret, body, now), 401),
        ("signed but untrue", body, signature(secret, body, now), 200),
    )
    violations = []
    for name, content, signed, wanted in lies:
        headers = {"Content-Type": "application/json", "X-FEDAPAY-SIGNATURE": signed}
        status = _deliver(here, content, headers)
        if status != wanted:
            violations.append(f"{name} webhook: answered {status}, not {wanted}")
    # Time for a lie to do its harm: there is no event to wait for when nothing happens.
    time.sleep(2)
    status = home.read(pending)["status"]
    if status in ("succeeded", "failed"):
        violations.append(f"{pending.reference} is {status} on a webhook's word alone")
    return violations


def signature(secret: str, body: bytes, at: int) -> str:
    """Return FedaPay's signature header of *body* at *at* (unix seconds)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},s={digest.hexdigest()}"


def _deliver(here: Platform, body: bytes, headers: dict[str, str]) -> int:
    url = f"{here.addresses.api}/webhooks/fedapay"
    return httpx.post(url, content=body, headers=headers, timeout=30).status_code


def _duplicates(here: Platform, home: Tenancy, burst: Asked) -> list[str]:
    """The burst's webhook came 200 times at once: one capture, all of them accepted."""
    violations = []
    taken = home.gateway.collected(burst.reference)
    if taken != burst.amount:
        violations.append(f"{burst.reference}: {taken} F taken of {burst.amount}")
    events = home.gateway.webhooks(burst.reference)
    sent = max((event["attempts"] for event in events), default=0)
    if sent < _DUPLICATES:
        violations.append(f"only {sent} copies of the webhook were sent")
    refused = [e["last_answer"] for e in events if str(e["last_answer"]) != "200"]
    if refused:
        violations.append(f"copies of a genuine webhook were answered {refused}")
    return violations
