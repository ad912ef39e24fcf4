"""A phone that loses answers, another phone with the same SIM, and one way to end it all."""

from __future__ import annotations

import uuid

from deploy.demo.client import Api, Refused, expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person, sign_in


def sign_in_from_elsewhere(journey: Journey) -> Told:
    """Sign the plumber in on a new phone: the SIM is not enough, digits of the CIP are.

    Money hangs on the account since the job was approved, so a code alone opens nothing.
    """
    person = journey.providers[0]
    device = str(uuid.uuid4())
    asked = sign_in(journey.addresses, person.phone, device=device)
    expect("access" not in asked, "the code alone opened an account with money")
    app = Api(journey.addresses.api, device=device)
    path = f"auth/challenges/{asked['challenge_id']}/proofs"
    wrong = _refusal(app, path, {"method": "document_digits", "value": "0000"})
    right = {"method": "document_digits", "value": person.npi[-4:]}
    session = app.post(path, right)
    expect(session["user"]["id"] == person.id, "another account was opened")
    told = _lose_an_answer(app, session["refresh"])
    app.carry("Authorization", f"Bearer {session['access']}")
    _sign_out_everywhere(app, person)
    person.api = _sign_in_here(journey, person, device)
    return [
        f"the code alone: {', '.join(asked['methods'])} asked for; wrong digits: {wrong}",
        *told,
        "signed out everywhere: the old phone's next request is a 401",
    ]


def _lose_an_answer(app: Api, refresh: str) -> Told:
    first = app.post("auth/token/refresh", {"refresh": refresh})
    again = app.post("auth/token/refresh", {"refresh": refresh})
    expect(first["refresh"] == again["refresh"], "a lost answer costs the session")
    return ["a lost answer: the same token again gives the same successor"]


def _sign_out_everywhere(app: Api, person: Person) -> None:
    sessions = app.get("me/sessions")["data"]
    expect(len(sessions) >= 2, f"{len(sessions)} sessions are listed")
    app.post("auth/logout-everywhere")
    for api in (app, person.api):
        status = api.status_of("me")
        expect(status == 401, f"an ended session answers {status}")


def _sign_in_here(journey: Journey, person: Person, device: str) -> Api:
    """Return an app signed in on the phone that the account knows by now."""
    session = sign_in(journey.addresses, person.phone, device=device)
    expect("access" in session, "a known phone was asked for more")
    return Api(journey.addresses.api, token=session["access"], device=device)


def _refusal(api: Api, path: str, body: dict[str, str]) -> str:
    try:
        api.post(path, body)
    except Refused as refusal:
        return refusal.code
    return "accepted"
