"""The two books: our ledger, and the one that the simulated gateway keeps by itself."""

from __future__ import annotations

import json
import time
from typing import Any

from bench.payment_faults.tenancy import Asked, Tenancy
from deploy.throwaway.platform import Platform

_SETTLING = 20.0


def check_books(here: Platform, home: Tenancy) -> list[str]:
    """Return every violation: invariants, totals, and each payment against the book."""
    found = [line for asked in home.charges for line in payment_violations(home, asked)]
    until = time.monotonic() + _SETTLING
    while True:
        late = _totals(here, home) + _invariants(here)
        if not late or time.monotonic() > until:
            return found + late
        time.sleep(1)


def payment_violations(home: Tenancy, asked: Asked) -> list[str]:
    """Compare what a payer is told with what the gateway took."""
    taken = home.gateway.collected(asked.reference)
    status = home.read(asked)["status"]
    if status == "succeeded" and taken != asked.amount:
        return [f"{asked.reference} succeeded with {taken} of {asked.amount} F taken"]
    if status in ("failed", "expired") and taken:
        return [f"{asked.reference} is {status}, but {taken} F were taken"]
    if status == "in_review" and taken == asked.amount:
        return [f"{asked.reference} is in review, though the right amount was taken"]
    return []


def story(here: Platform, home: Tenancy, asked: Asked) -> str:
    """Say where a payment hangs: the gateway's row, our calls, what waits for whom."""
    done = here.manage("shell", "-v0", "-c", _STORY.replace("ID", asked.id))
    return f"{home.gateway.charge(asked.reference)}; {done.stdout[-3000:].strip()}"


_STORY = """
from lokahome.core.events.models import Delivery
from payments.models import Charge, GatewayCall
charge = Charge.objects.get(pk="ID")
print({name: str(getattr(charge, name)) for name in (
    "status", "created_at", "send_attempts", "unsent_attempts", "gateway_id",
    "check_step", "next_check_at", "check_requested_at", "checked_at")})
for call in GatewayCall.objects.filter(charge_id="ID").order_by("id"):
    print(call.created_at, call.verb, call.source, call.outcome, call.code,
          call.said_status, call.milliseconds)
for row in Delivery.objects.filter(subject__contains="ID").order_by("position"):
    print(row.subscriber, row.lane, row.status, row.attempts, row.available_at,
          row.lease_until, row.last_error, row.done_at)
for row in Delivery.objects.filter(status="waiting"):
    print("waiting", row.subscriber, row.lane, row.subject, row.lease_until)
"""


def _totals(here: Platform, home: Tenancy) -> list[str]:
    ours = _json(here, "ledger_totals")["fedapay"]
    theirs = home.gateway.totals()
    return [
        f"{name}: the ledger has {ours[name]} F, the gateway's book {theirs[name]} F"
        for name in ("collected", "paid_out", "fees", "payout_fees", "net")
        if ours[name] != theirs[name]
    ]


def _invariants(here: Platform) -> list[str]:
    broken = _json(here, "check_invariants")
    return [f"{name}: {rows}" for name, rows in broken.items() if rows]


def _json(here: Platform, command: str) -> Any:
    done = here.manage(command, "--json")
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise RuntimeError(f"{command}: {done.stdout}")
