"""Documents: sent by their people, looked at by staff, and the levels that follow."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from deploy.demo.backoffice import IDENTITY_CHECKER, decisions_on, enter
from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.papers import paper
from deploy.demo.people import Person
from deploy.demo.steps.listing import upload

DIGITS = {"cip": 10, "ifu": 13}
READABLE = "La pièce est lisible, valable et au nom du compte."
CHECKS = "/admin/accounts/identitycheck/"


def prove_who_they_are(journey: Journey) -> Told:
    """Have the first plumber's papers checked: nobody is paid out below level 2."""
    person = journey.providers[0]
    send_papers(journey, person, "cip", "ifu")
    before = level_of(person, "provider")
    told = check_papers(journey, person)
    after = level_of(person, "provider")
    expect((before, after) == (0, 2), f"the level went from {before} to {after}")
    return [*told, "the plumber's level is 2: money may be paid out"]


def send_papers(journey: Journey, person: Person, *kinds: str) -> None:
    """Upload and hand over a document of each of *kinds*, with made-up numbers."""
    for place, kind in enumerate(kinds):
        picture = paper(kind, seed=journey.seed + place)
        body = {
            "document_kind": kind,
            "upload_id": upload(person, picture, kind="identity"),
            "number": "".join(
                secrets.choice("0123456789") for _ in range(DIGITS[kind])
            ),
        }
        if kind == "cip":
            person.npi = body["number"]
        sent = person.api.post("identity-checks", body)
        expect(sent["status"] == "submitted", f"the {kind} is {sent['status']}")


def check_papers(journey: Journey, person: Person) -> Told:
    """Accept every document of *person* in the back-office, as its checker does."""
    checker = enter(journey.addresses.public, IDENTITY_CHECKER)
    waiting = person.api.get("identity-checks")["data"]
    told = []
    for check in waiting:
        page = checker.open(f"{CHECKS}{check['id']}/change/")
        expect("data:image/png;base64," in page, "the document is not a blur")
        expect(person.npi not in page, "the number stands on the page unasked")
        for link in looks_on(page):
            checker.open(link)  # nobody accepts what they have not seen
        checker.open(f"{CHECKS}{check['id']}/change/")
        checker.send(decisions_on(page)["accept"], reason=READABLE)
        now = person.api.get(f"identity-checks/{check['id']}")
        expect(now["status"] == "accepted", f"the document is {now['status']}")
        told.append(f"{check['document_kind']}: a blur until asked for; accepted")
    return told


def looks_on(page: str) -> list[str]:
    """Return the links of *page* to the sides of the document, good for five minutes."""
    return re.findall(rf'href="({CHECKS}document/[^"]+)"', page)


def level_of(person: Person, role: str) -> int:
    """Return how far the hat *role* of *person* was checked."""
    roles: Iterable[dict[str, object]] = person.api.get("me")["roles"]
    return next(int(str(item["level"])) for item in roles if item["role"] == role)
