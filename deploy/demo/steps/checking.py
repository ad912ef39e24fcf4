"""Papers, privacy, and the two books."""

from __future__ import annotations

from typing import Any

import httpx

from deploy.demo.client import Unexpected, expect, wait_for
from deploy.demo.gateway import Gateway
from deploy.demo.journey import Journey, Told
from deploy.demo.operator import manage_json

SETTLING = 30
TOTALS = ("collected", "paid_out", "fees", "payout_fees", "net")
"""What both books must name alike, to the franc."""


def documents_are_genuine(journey: Journey) -> Told:
    """Open the receipt, and the check pages behind the QR codes of both papers."""
    api, first = journey.tenant.api, journey.payments[0]

    def drawn() -> dict[str, dict[str, Any]] | None:
        receipt_id = api.get(f"payments/{first.id}")["receipt_id"]
        if receipt_id is None:
            return None
        number = api.get(f"receipts/{receipt_id}")["number"]
        papers = api.get(f"leases/{journey.lease_id}/documents")["data"]
        found = {
            paper["kind"]: paper
            for paper in papers
            if paper["kind"] == "quittance" or paper["label"] == number
        }
        return found if {"receipt", "quittance"} <= set(found) else None

    papers = wait_for("receipt and quittance", drawn, seconds=40)
    told = []
    for kind, word in (("receipt", "Reçu"), ("quittance", "Quittance")):
        paper = papers[kind]
        expect(paper["amount"]["amount"] == first.amount, f"it states {paper}")
        pdf = httpx.get(paper["download_url"], timeout=20)
        expect(pdf.content[:5] == b"%PDF-", f"{kind} is no PDF: {pdf.status_code}")
        page = httpx.get(paper["check_url"], timeout=20)
        expect(page.status_code == 200, f"{paper['check_url']}: {page.status_code}")
        expect(paper["label"] in page.text, f"the page does not name {paper['label']}")
        expect(word in page.text, f"the page does not say “{word}”")
        expect("authentique" in page.text, "the page does not confirm it")
        expect(journey.tenant.name not in page.text, "the page holds a name")
        told.append(f"{word} {paper['label']}, {len(pdf.content)} bytes, “authentique”")
    forged = httpx.get(f"{journey.addresses.public}/r/AAAAAAAAAAAAAAAAAAAAAA")
    expect(forged.status_code == 404, f"a made-up code answers {forged.status_code}")
    return [*told, "a made-up code is a 404"]


def strangers_see_nothing(journey: Journey) -> Told:
    """Try the ids of other people's things: each is a 404."""
    api = journey.stranger.api
    tried = (
        f"leases/{journey.lease_id}",
        f"leases/{journey.lease_id}/rent-periods",
        f"leases/{journey.lease_id}/documents",
        f"applications/{journey.application_id}",
        f"units/{journey.unit_id}",
        *(f"payments/{payment.id}" for payment in journey.payments),
        f"tickets/{journey.ticket_id}",
        f"jobs/{journey.job_id}",
    )
    for path in tried:
        status = api.status_of(path)
        expect(status == 404, f"GET {path} answered {status} to a stranger")
    mine = api.get("payments")["data"]
    expect(mine == [], "a stranger has payments")
    return [f"{len(tried)} addresses of others: 404 each"]


def both_books_agree(journey: Journey) -> Told:
    """Compare ledger and gateway, this run's payments and everything ever taken."""
    gateway = Gateway(journey.addresses.simulator)
    for payment in journey.payments:
        expected = payment.amount if payment.captured else 0
        taken = gateway.collected(payment.reference)
        expect(
            taken == expected,
            f"{payment.reference}: we say {expected} F, the gateway says {taken} F",
        )
    books: dict[str, dict[str, int]] = {}

    def equal() -> bool | None:
        # Somebody else may be paying at this very moment: both are read until they
        # agree, which they must within seconds of any payment.
        theirs, ours = gateway.totals(), manage_json("ledger_totals")
        books["gateway"] = {name: theirs[name] for name in TOTALS}
        books["ledger"] = {name: ours["fedapay"][name] for name in TOTALS}
        return True if books["gateway"] == books["ledger"] else None

    try:
        wait_for("both books to agree", equal, seconds=SETTLING, pause=1)
    except Unexpected as late:
        raise Unexpected(f"the books differ: {books}") from late
    broken = {k: v for k, v in manage_json("check_invariants").items() if v}
    expect(not broken, f"broken invariants: {broken}")
    return [
        "the gateway took {collected} F, sent {paid_out} F, kept {fees} F and "
        "{payout_fees} F of fees and holds {net} F for us: the same in both "
        "books".format(**books["ledger"]),
        "every declared invariant holds",
    ]
