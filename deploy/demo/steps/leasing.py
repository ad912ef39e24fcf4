"""From an application to a lease that both have signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person, Phone

BENIN = timedelta(hours=1)


def apply(journey: Journey) -> Told:
    """Ask for the home, from today."""
    today = (datetime.now(UTC) + BENIN).date()
    application = journey.tenant.api.post(
        "applications",
        {
            "listing_id": journey.listing["id"],
            "move_in_on": today.isoformat(),
            "occupants": 2,
            "message": "Bonjour, je cherche pour deux personnes.",
        },
    )
    expect(application["status"] == "sent", f"it is {application['status']}")
    journey.application_id = application["id"]
    sms = Phone(journey.addresses, journey.landlord.phone).wait("souhaite louer")
    return [f"SMS to the landlord: “{sms}”"]


def accept(journey: Journey) -> Told:
    """Accept; the draft of the lease is checked by law and sent for signature."""
    api = journey.landlord.api
    accepted = api.post(f"applications/{journey.application_id}/acceptance")
    expect(accepted["status"] == "accepted", f"it is {accepted['status']}")
    journey.lease_id = accepted["lease_id"]
    lease = api.post(f"leases/{journey.lease_id}/signature-request")
    expect(lease["status"] == "out_for_signature", f"the lease is {lease['status']}")
    address = journey.tenant.api.get(f"properties/{accepted['property_id']}")
    expect(address["pin"] == journey.pin, "the accepted tenant sees another address")
    sms = Phone(journey.addresses, journey.tenant.phone).wait("est acceptée")
    return [
        "the accepted tenant may now read the exact address, and nobody else",
        f"SMS to the tenant: “{sms}”",
    ]


def sign(journey: Journey) -> Told:
    """Sign the exact terms, one after the other; the second signature starts it."""
    path = f"leases/{journey.lease_id}"
    people: tuple[Person, ...] = (journey.landlord, journey.tenant)
    for person in people:
        digest = person.api.get(path)["terms_digest"]
        person.api.post(f"{path}/signatures", {"terms_digest": digest})
    lease = journey.tenant.api.get(path)
    expect(lease["status"] == "active", f"the lease is {lease['status']}")
    expect("pay_rent" in lease["allowed_actions"], f"{lease['allowed_actions']}")
    periods = journey.tenant.api.get(f"{path}/rent-periods")["data"]
    expect(len(periods) >= 1, "no rent period was opened")
    owed = periods[0]["balance"]["amount"]
    expect(owed == journey.rent, f"the first period owes {owed} F, not {journey.rent}")
    return [
        f"terms {digest[:12]}… signed by both; the lease is “active”",
        f"first period {periods[0]['starts_on']} to {periods[0]['ends_on']}: {owed} F",
    ]
