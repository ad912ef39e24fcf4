"""A change of mind: a funded job is cancelled in time, and the payer gets it all back."""

from __future__ import annotations

from typing import Any

from deploy.demo.client import expect, wait_for
from deploy.demo.gateway import Gateway
from deploy.demo.journey import Journey, Told
from deploy.demo.people import APPROVES, Phone, mtn_number
from deploy.demo.steps.paying import remember, wait_until_over
from deploy.demo.steps.repairing import LEAK, quote

COST = 8_000
"""Small enough to go back without a second member of staff."""


def cancel_in_time(journey: Journey) -> Told:
    """Fund a small job, cancel it before it starts, and see the money come back."""
    api, plumber = journey.landlord.api, journey.providers[0]
    request = api.post(
        "service-requests",
        {
            "unit_id": journey.unit_id,
            "category": LEAK,
            "title": "Robinet de la cour",
            "description": "Changer le robinet de la cour.",
        },
    )
    offered = plumber.api.post(
        f"service-requests/{request['id']}/quotes", quote(COST - 3_000, 3_000)
    )
    job_id = api.post(f"quotes/{offered['id']}/acceptance")["id"]
    wallet = mtn_number(APPROVES)
    asked = api.post(f"jobs/{job_id}/payments", {"operator": "mtn", "phone": wallet})
    payment = wait_until_over(journey.landlord, asked["id"])
    expect(payment["status"] == "succeeded", f"the payment {payment['status']}")
    remember(journey, payment)

    def funded() -> dict[str, Any] | None:
        job: dict[str, Any] = api.get(f"jobs/{job_id}")
        return job if job["status"] == "funded" else None

    wait_for("the job to be funded", funded, seconds=20)
    cancelled = api.post(
        f"jobs/{job_id}/cancellation", {"reason": "Le voisin l’a réparé."}
    )
    expect(cancelled["status"] == "cancelled", f"the job is {cancelled['status']}")

    def returned() -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = api.get(f"payments/{asked['id']}/refunds")["data"]
        done = [row for row in rows if row["status"] == "succeeded"]
        return done[0] if done else None

    refund = wait_for("the refund to arrive", returned, seconds=60, pause=1)
    expect(refund["amount"]["amount"] == COST, f"{refund['amount']} came back")
    sent = Gateway(journey.addresses.simulator).paid_out(refund["reference"])
    expect(sent == COST, f"the gateway sent {sent} F back")
    sms = Phone(journey.addresses, journey.landlord.phone).wait("rembours")
    return [
        f"{COST} F paid, job cancelled before it started, {sent} F back on the wallet",
        f"SMS to the landlord: “{sms}”",
    ]
