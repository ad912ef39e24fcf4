"""Everybody signs up with nothing but a phone."""

from __future__ import annotations

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import APPROVES, sign_up


def sign_everybody_up(journey: Journey) -> Told:
    """Sign three people up by the code of an SMS; one puts the landlord's hat on."""
    where = journey.addresses
    journey.landlord = sign_up(where, name="Kossi Ahouandjinou")
    journey.tenant = sign_up(where, name="Ama Gbaguidi", ending=APPROVES)
    journey.stranger = sign_up(where, name="Passante Curieuse")
    journey.landlord.api.post("me/roles", {"role": "landlord"})
    me = journey.landlord.api.get("me")
    roles = sorted(role["role"] for role in me["roles"])
    expect("landlord" in roles, f"the landlord's hats are {roles}")
    return [
        f"{person.name} with {person.phone}"
        for person in (journey.landlord, journey.tenant, journey.stranger)
    ]
