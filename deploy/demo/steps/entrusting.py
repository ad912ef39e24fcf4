"""An agency: opened, checked, joined by invitation, trusted with a home, and walled off."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo.backoffice import IDENTITY_CHECKER, decisions_on, enter
from deploy.demo.client import Api, Refused, expect
from deploy.demo.journey import Journey, Told
from deploy.demo.papers import paper
from deploy.demo.people import Person, Phone, mtn_number, sign_in, sign_up
from deploy.demo.steps.listing import upload

IN_ORDER = "Les numéros IFU et RCCM sont ceux de l’agence."
FEE_BPS = 500
"""Of each of two agencies: the legal cap holds for both together."""


def open_agencies(journey: Journey) -> Told:
    """Open two agencies; one invites a colleague by phone, who accepts."""
    where = journey.addresses
    owner = sign_up(where, name="Reine Agossou")
    rival = sign_up(where, name="Marius Rival")
    agency = owner.api.post("agencies", {"name": "Immo Vodun", **_numbers()})
    other = rival.api.post("agencies", {"name": "Autre Agence", **_numbers()})
    desk = enter(where.public, IDENTITY_CHECKER)
    for opened in (agency, other):
        page = desk.open(f"/admin/accounts/agency/{opened['id']}/change/")
        desk.send(decisions_on(page)["activate"], reason=IN_ORDER)
    journey.agency = in_context(owner, agency["id"])
    journey.rival = in_context(rival, other["id"])

    number = mtn_number()
    invited = journey.agency.post(
        f"agencies/{agency['id']}/invitations", {"phone": number, "role": "agent"}
    )
    expect(number not in str(invited), "the invitation tells the number")
    sms = Phone(where, number).wait("Immo Vodun")
    device = str(uuid.uuid4())
    session = sign_in(where, number, device=device)
    app = Api(where.api, token=session["access"], device=device)
    agent = Person("Agent", number, session["user"]["id"], app)
    offered = agent.api.get("me/invitations")["data"]
    expect(len(offered) == 1, f"{len(offered)} invitations")
    agent.api.post(f"me/invitations/{offered[0]['id']}/acceptance")
    journey.agent = in_context(agent, agency["id"])
    journey.agency_id = agency["id"]
    journey.rival_id = other["id"]
    return [f"SMS to the invited: “{sms}”", "accepted: an agent of the agency"]


def entrust(journey: Journey) -> Told:
    """Give one home to two agencies; one handles it, the other learns nothing of it."""
    mandate = _mandate(journey, journey.agency_id, includes_listing=True)
    other = _mandate(journey, journey.rival_id, includes_listing=False)
    journey.agency.post(f"mandates/{mandate['id']}/acceptance")
    journey.rival.post(f"mandates/{other['id']}/acceptance")
    seen = journey.agent.get(f"units/{journey.unit_id}")
    expect(seen["id"] == journey.unit_id, "the agent does not see the home")
    for api, own, foreign in (
        (journey.agency, mandate, other),
        (journey.rival, other, mandate),
    ):
        ids = {row["id"] for row in api.get("mandates")["data"]}
        expect(ids == {own["id"]}, f"an agency lists {len(ids)} mandates")
        status = api.status_of(f"mandates/{foreign['id']}")
        expect(status == 404, f"the other agency's mandate answers {status}")
    code = _refusal_of_acting_for(journey.agency_id, journey.rival)
    expect(code == "agency.not_yours", f"acting for another agency: {code or 200}")
    return [
        f"a mandate at {FEE_BPS / 100:.0f} % each; each agency sees its own alone",
        f"acting for the other agency: {code}",
    ]


def take_back(journey: Journey) -> Told:
    """End the mandate: what the agency saw is gone on its next request."""
    (mandate,) = journey.agency.get("mandates")["data"]
    landlord = journey.landlord.api
    landlord.post(f"mandates/{mandate['id']}/end", {"reason": "Je reprends la main."})
    status = journey.agent.status_of(f"units/{journey.unit_id}")
    expect(status == 404, f"the agent still sees the home: {status}")
    return ["the mandate ended: the agent's next request is a 404"]


def _numbers() -> dict[str, str]:
    """Return made-up numbers of the tax office and of the trade register."""
    ifu = "".join(secrets.choice("0123456789") for _ in range(13))
    return {"ifu": ifu, "rccm": f"RB/COT/26 B {secrets.randbelow(90_000) + 10_000}"}


def in_context(person: Person, agency_id: str) -> Api:
    """Return an app of *person* that acts for the agency."""
    api = Api(person.api.base, token=_token(person.api))
    api.carry("LokaHome-Agency", agency_id)
    return api


def _refusal_of_acting_for(agency_id: str, api: Api) -> str:
    try:
        api.send("GET", "mandates", headers={"LokaHome-Agency": agency_id})
    except Refused as refusal:
        return refusal.code
    return ""


def _token(api: Api) -> str:
    return api.headers["authorization"].removeprefix("Bearer ")


def _mandate(
    journey: Journey, agency_id: str, *, includes_listing: bool
) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    seed = journey.seed + int(includes_listing) + 40
    made: dict[str, Any] = journey.landlord.api.post(
        "mandates",
        {
            "unit_id": journey.unit_id,
            "agency_id": agency_id,
            "fee_bps": FEE_BPS,
            "includes_listing": includes_listing,
            "upload_id": upload(
                journey.landlord, paper("mandate", seed=seed), kind="mandate"
            ),
            "starts_on": today.isoformat(),
            "expires_on": (today + timedelta(days=365)).isoformat(),
        },
    )
    return made
