"""The plumber's money leaves: one of the staff proposes, another one approves."""

from __future__ import annotations

from deploy.demo.backoffice import CHECKER, MAKER, decisions_on, enter, row_in
from deploy.demo.client import expect, wait_for
from deploy.demo.gateway import Gateway
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Phone

ESCROWS = "/admin/payments/escrow/"
PAYOUTS = "/admin/payments/transfer/"


def pay_out(journey: Journey) -> Told:
    """Propose the payout, fail to approve one's own, have it approved, see it arrive."""
    provider = journey.providers[0]
    maker = enter(journey.addresses.public, MAKER)
    escrow_id = row_in(maker.open(f"{ESCROWS}?q={journey.job_id}"), ESCROWS)
    page = maker.open(f"{ESCROWS}{escrow_id}/change/")
    maker.send(decisions_on(page)["propose"], reason="Travaux approuvés.")
    payout = provider.api.get("payouts")["data"][0]
    expect(payout["status"] == "proposed", f"the payout is {payout['status']}")
    path = f"{PAYOUTS}{payout['id']}/change/"
    own = decisions_on(maker.open(path))
    expect("approve" not in own, "who proposed it is offered to approve it")

    checker = enter(journey.addresses.public, CHECKER)
    queue = checker.open(PAYOUTS)
    expect(payout["id"] in queue, "the payout is not in the queue")
    checker.send(decisions_on(checker.open(path))["approve"], reason="Vérifié.")

    def arrived() -> str | None:
        now: str = provider.api.get(f"payouts/{payout['id']}")["status"]
        expect(now not in ("failed", "in_review"), f"the payout is {now}")
        return now if now == "succeeded" else None

    wait_for("the payout to arrive", arrived, seconds=60, pause=1)
    gateway = Gateway(journey.addresses.simulator)
    sent = gateway.paid_out(payout["reference"])
    amount = payout["amount"]["amount"]
    expect(sent == amount, f"we say {amount} F, the gateway sent {sent} F")
    sms = Phone(journey.addresses, provider.phone).wait("versé")
    return [
        "proposed by one of the staff, who is not offered to approve it",
        f"approved by another: {amount} F sent, as the gateway's book says",
        f"SMS to the plumber: “{sms}”",
    ]
