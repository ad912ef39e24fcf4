"""A leak: a ticket, a request, two quotes, a funded job, done, photographed, approved."""

from __future__ import annotations

from typing import Any

from deploy.demo.client import Api, Refused, expect, wait_for
from deploy.demo.journey import Journey, Told
from deploy.demo.people import APPROVES, Phone, mtn_number, sign_up
from deploy.demo.photos import photographs
from deploy.demo.steps.listing import money, upload
from deploy.demo.steps.paying import remember, wait_until_over

LEAK = "leak"


def tradespeople_sign_up(journey: Journey) -> Told:
    """Sign two plumbers up who serve the quarter of the home."""
    told = []
    journey.providers = [
        sign_up(journey.addresses, name="Afi Plomberie Express", ending=APPROVES),
        sign_up(journey.addresses, name="Sènan Dépannage"),
    ]
    for person in journey.providers:
        person.api.post("me/roles", {"role": "provider"})
        profile = person.api.post(
            "providers",
            {
                "display_name": person.name,
                "about": "Plomberie et fuites, Cotonou et alentours.",
                "categories": [LEAK],
                "base_point": journey.pin,
                "radius_m": 8000,
            },
        )
        told.append(f"{profile['display_name']} with {person.phone}")
    return told


def report_leak(journey: Journey) -> Told:
    """Open a ticket on the lease, with a photograph; the landlord says who pays."""
    api = journey.tenant.api
    ticket = api.post(
        "tickets",
        {
            "lease_id": journey.lease_id,
            "category_slug": LEAK,
            "title": "Fuite sous l’évier",
            "description": "L’eau coule sous l’évier depuis ce matin.",
            "urgency": "urgent",
        },
    )
    picture = photographs(**journey.pin, seed=journey.seed + 7)[0]
    photo = {"upload_id": upload(journey.tenant, picture)}
    api.post(f"tickets/{ticket['id']}/photos", photo)
    sms = Phone(journey.addresses, journey.landlord.phone).wait("Fuite sous")
    decided = journey.landlord.api.post(
        f"tickets/{ticket['id']}/decision",
        {"payer": "landlord", "reason": "Tuyauterie du bâtiment."},
    )
    expect(decided["payer"] == "landlord", f"the payer is {decided['payer']}")
    journey.ticket_id = ticket["id"]
    return [f"SMS to the landlord: “{sms}”", "the landlord pays"]


def ask_for_quotes(journey: Journey) -> Told:
    """Turn the ticket into a request; two plumbers answer; the better one is taken."""
    api = journey.landlord.api
    request = api.post(
        "service-requests",
        {
            "ticket_id": journey.ticket_id,
            "category": LEAK,
            "title": "Fuite sous l’évier",
            "description": "Remplacer le siphon et vérifier l’arrivée d’eau.",
        },
    )
    path = f"service-requests/{request['id']}"
    quotes = []
    for person, labour, parts in zip(
        journey.providers, (9_000, 12_000), (6_500, 6_500), strict=True
    ):
        seen = person.api.get(path)
        expect(journey.pin not in seen.values(), "the exact place is shown too early")
        quotes.append(person.api.post(f"{path}/quotes", quote(labour, parts)))
    mine = journey.providers[1].api.get(f"{path}/quotes")["data"]
    expect(len(mine) == 1, f"a provider sees {len(mine)} quotes of the request")
    offered = api.get(f"{path}/quotes")["data"]
    totals = sorted(quote["total"]["amount"] for quote in offered)
    expect(totals == [15_500, 18_500], f"the quotes come to {totals}")
    accepted = api.post(f"quotes/{quotes[0]['id']}/acceptance")
    journey.job_id = accepted["id"]
    again = _refusal(api, f"quotes/{quotes[1]['id']}/acceptance")
    expect(again.status == 409, f"a second quote was accepted too: {again.status}")
    sms = Phone(journey.addresses, journey.providers[0].phone).wait("est accepté")
    return [
        f"two quotes, {totals[0]} F and {totals[1]} F, neither seen by the other",
        f"the first is accepted, the other refused at once; SMS: “{sms}”",
    ]


def fund(journey: Journey) -> Told:
    """Pay the job by mobile money; the money is held, the plumber is owed nothing yet."""
    api = journey.landlord.api
    asked = api.post(
        f"jobs/{journey.job_id}/payments",
        {"operator": "mtn", "phone": mtn_number(APPROVES)},
    )
    payment = wait_until_over(journey.landlord, asked["id"])
    expect(payment["status"] == "succeeded", f"the payment {payment['status']}")
    remember(journey, payment)
    _wait_status(journey.landlord.api, journey.job_id, "funded")
    sms = Phone(journey.addresses, journey.providers[0].phone).wait("retenus")
    return [
        f"{payment['amount']['amount']} F held, reference {payment['reference']}",
        f"SMS to the plumber: “{sms}”",
    ]


def do_the_work(journey: Journey) -> Told:
    """Start by the code that the tenant gives at the door; finish by the other one."""
    plumber, path = journey.providers[0], f"jobs/{journey.job_id}"
    code = journey.tenant.api.get(path)["start_code"]
    seen = plumber.api.get(path)
    expect(
        not seen.get("start_code") and not seen.get("finish_code"),
        "the plumber reads the codes in the app",
    )
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refused = _refusal(plumber.api, f"{path}/start", {"code": wrong})
    expect(refused.status == 422, f"a guessed code answers {refused.status}")
    started = plumber.api.post(f"{path}/start", {"code": code})
    expect(started["status"] == "started", f"the job is {started['status']}")
    picture = photographs(**journey.pin, seed=journey.seed + 8)[0]
    code = journey.tenant.api.get(path)["finish_code"]
    delivered = plumber.api.post(
        f"{path}/delivery",
        {"code": code, "upload_ids": [upload(plumber, picture)]},
    )
    expect(delivered["status"] == "delivered", f"the job is {delivered['status']}")
    return [
        "the tenant at the door holds the codes; a guessed one changes nothing",
        "started, then delivered with a photograph",
    ]


def approve(journey: Journey) -> Told:
    """Approve: the money is the plumber's, the job and the ticket are closed."""
    api = journey.landlord.api
    api.post(f"jobs/{journey.job_id}/approval")
    job = _wait_status(api, journey.job_id, "closed")

    def resolved() -> dict[str, Any] | None:
        ticket: dict[str, Any] = journey.tenant.api.get(f"tickets/{journey.ticket_id}")
        return ticket if ticket["status"] == "resolved" else None

    ticket = wait_for("the ticket to be resolved", resolved, seconds=20)
    cost = ticket["cost"]["amount"]
    expect(cost == job["amount"]["amount"], f"the ticket says it cost {cost} F")
    stars = {"rating": 5, "text": "Rapide et propre."}
    api.post("reviews", {"job_id": journey.job_id, **stars})
    return [f"job closed, ticket resolved: it cost {cost} F", "reviewed: 5 of 5"]


def quote(labour: int, parts: int) -> dict[str, Any]:
    """Return a quote of two lines, good for three days."""
    return {
        "lines": [
            {"kind": "labour", "label": "Main-d’œuvre", "amount": money(labour)},
            {"kind": "materials", "label": "Siphon et joints", "amount": money(parts)},
        ],
        "valid_days": 3,
        "note": "Passage demain matin.",
    }


def _refusal(api: Api, path: str, body: dict[str, Any] | None = None) -> Refused:
    try:
        api.post(path, body)
    except Refused as refusal:
        return refusal
    raise AssertionError(f"POST {path} was not refused")


def _wait_status(api: Api, job_id: str, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = api.get(f"jobs/{job_id}")
        return job if job["status"] == status else None

    return wait_for(f"the job to be {status}", look, seconds=30)
