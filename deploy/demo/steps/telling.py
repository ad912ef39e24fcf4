"""Everybody was told, each fact once, by a channel that reaches them."""

from __future__ import annotations

from collections import Counter

from deploy.demo.client import expect, wait_for
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person, Phone

EXPECTED = {
    "landlord": {
        "application_received": 1,
        "ticket_opened": 1,
        "quote_received": 3,
        "job_started": 1,
        "job_delivered": 1,
        "job_closed": 1,
        "refund_done": 1,
    },
    "tenant": {"application_accepted": 1, "ticket_decided": 1, "ticket_resolved": 1},
    "plumber": {
        "quote_accepted": 2,
        "job_funded": 2,
        "job_approved": 1,
        "payout_sent": 1,
        "identity_checked": 2,
        "job_cancelled": 1,
    },
    "other plumber": {"quote_declined": 1},
}
"""Facts of this journey, by who is told, and how often each came true."""


def everybody_was_told_once(journey: Journey) -> Told:
    """Compare what the apps show with what should have been told; count the SMS."""
    people: dict[str, Person] = {
        "landlord": journey.landlord,
        "tenant": journey.tenant,
        "plumber": journey.providers[0],
        "other plumber": journey.providers[1],
    }
    told = []
    for who, person in people.items():

        def shown(person: Person = person, who: str = who) -> list[str] | None:
            rows = person.api.get("notifications", limit=100)["data"]
            names = [str(row["template"]) for row in rows]
            return names if set(EXPECTED[who]) <= set(names) else None

        names = wait_for(f"what the {who} is told", shown, seconds=20)
        for name, wanted in EXPECTED[who].items():
            times = Counter(names)[name]
            expect(times == wanted, f"the {who} was told “{name}” {times} times")
        texts = [
            row["text"] for row in Phone(journey.addresses, person.phone).messages()
        ]
        twice = [text for text, count in Counter(texts).items() if count > 1]
        expect(not twice, f"the {who} got twice: {twice}")
        told.append(
            f"{who}: {len(names)} facts in the app, {len(texts)} SMS, none twice"
        )
    rows = journey.stranger.api.get("notifications")["data"]
    strange = [row for row in rows if row["topic"] != "account"]
    expect(strange == [], f"a stranger is told {strange}")
    return told
