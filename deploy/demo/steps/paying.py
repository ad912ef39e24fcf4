"""Rent by mobile money: once as it should be, once without webhook, once declined."""

from __future__ import annotations

import time
from typing import Any

from deploy.demo.client import expect, wait_for
from deploy.demo.gateway import Gateway
from deploy.demo.journey import Journey, Payment, Told
from deploy.demo.people import (
    APPROVES_WITHOUT_WEBHOOK,
    DECLINES,
    Person,
    Phone,
    mtn_number,
)
from deploy.demo.steps.listing import money

HEALED_WITHIN = 60
_OVER = ("succeeded", "failed", "expired", "in_review")


def ask(
    person: Person,
    lease_id: str,
    *,
    amount: int | None = None,
    wallet: str = "",
    key: str | None = None,
) -> dict[str, Any]:
    """Ask for a payment of rent; without *amount*, of all that is owed."""
    body: dict[str, Any] = {"operator": "mtn"}
    if amount is not None:
        body["amount"] = money(amount)
    if wallet:
        body["phone"] = wallet
    payment: dict[str, Any] = person.api.post(
        f"leases/{lease_id}/payments", body, key=key
    )
    return payment


def wait_until_over(
    person: Person, payment_id: str, *, seconds: float = 40
) -> dict[str, Any]:
    """Read the payment as often as it asks for, until it has ended."""

    def look() -> dict[str, Any] | None:
        payment: dict[str, Any] = person.api.get(f"payments/{payment_id}")
        return payment if payment["status"] in _OVER else None

    return wait_for(f"end of payment {payment_id}", look, seconds=seconds, pause=1)


def pay_first_rent(journey: Journey) -> Told:
    """Pay the first period by a push to the tenant's own MTN wallet."""
    asked = ask(journey.tenant, journey.lease_id)
    expect(asked["amount"]["amount"] == journey.rent, f"asked {asked['amount']}")
    expect(asked["payer_message"] == "being_checked", f"told {asked['payer_message']}")
    payment = wait_until_over(journey.tenant, asked["id"])
    expect(payment["status"] == "succeeded", f"the payment {payment['status']}")
    expect(payment["payer_message"] == "paid", f"told {payment['payer_message']}")
    remember(journey, payment)
    periods_path = f"leases/{journey.lease_id}/rent-periods"

    def paid() -> str | None:
        first = journey.tenant.api.get(periods_path)["data"][0]
        return "paid" if first["status"] == "paid" else None

    wait_for("the first period to be paid", paid, seconds=20)
    phone = Phone(journey.addresses, journey.landlord.phone)
    sms = phone.wait("payés")
    return [
        f"{asked['status']} → {payment['status']}, {payment['amount']['amount']} F, "
        f"reference {payment['reference']}",
        f"the first period is “paid”; SMS to the landlord: “{sms}”",
    ]


def pay_without_webhook(journey: Journey) -> Told:
    """Pay a month ahead from a wallet whose webhook is never sent; do not even look."""
    asked = ask(
        journey.tenant,
        journey.lease_id,
        amount=journey.rent,
        wallet=mtn_number(APPROVES_WITHOUT_WEBHOOK),
    )
    started = time.monotonic()
    gateway = Gateway(journey.addresses.simulator)

    def taken() -> int | None:
        return gateway.collected(asked["reference"]) or None

    wait_for("the payer's approval", taken, seconds=30)
    approved = time.monotonic()
    # The list, not the object: reading an open payment may itself have it checked.

    def settled() -> dict[str, Any] | None:
        rows = journey.tenant.api.get("payments")["data"]
        mine: dict[str, Any] = next(row for row in rows if row["id"] == asked["id"])
        return mine if mine["status"] == "succeeded" else None

    payment = wait_for("healing", settled, seconds=HEALED_WITHIN, pause=1)
    healed = time.monotonic() - approved
    events = gateway.webhooks(asked["reference"])
    sent = [e for e in events if e["attempts"] and e["name"] != "transaction.created"]
    expect(not sent, f"a webhook was sent after all: {sent}")
    remember(journey, payment)
    return [
        f"taken by the gateway after {approved - started:.1f} s, no webhook sent",
        f"settled {healed:.1f} s later by asking the gateway, nobody looking",
    ]


def pay_and_be_declined(journey: Journey) -> Told:
    """Ask for another month; the payer refuses on the phone, and is told the truth."""
    phone = Phone(journey.addresses, journey.tenant.phone)
    before = phone.last_id()
    asked = ask(
        journey.tenant,
        journey.lease_id,
        amount=journey.rent,
        wallet=mtn_number(DECLINES),
    )
    payment = wait_until_over(journey.tenant, asked["id"])
    expect(payment["status"] == "failed", f"the payment {payment['status']}")
    expect(payment["payer_message"] == "not_charged", f"{payment['payer_message']}")
    remember(journey, payment)
    sms = phone.wait("Rien n'a été débité", after=before)
    failure = payment["failure"]
    return [
        f"{payment['status']}: {failure['code']}, “{failure['detail']}”",
        f"SMS to the tenant: “{sms}”",
    ]


def remember(journey: Journey, payment: dict[str, Any]) -> None:
    """Keep a payment that ended, for the comparison of the two books."""
    journey.payments.append(
        Payment(
            id=payment["id"],
            reference=payment["reference"],
            amount=payment["amount"]["amount"],
            captured=payment["status"] == "succeeded",
        )
    )
