"""What is known about a person is theirs: a copy, and being forgotten."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from deploy.demo.client import expect, wait_for
from deploy.demo.journey import Journey, Told
from deploy.demo.people import CODE, Person, Phone


def take_a_copy(journey: Journey) -> Told:
    """Ask for everything, after proving again who one is; open the archive."""
    person = journey.stranger
    prove_again(journey, person)
    export = person.api.post("me/data-exports")
    path = f"me/data-exports/{export['id']}"

    def packed() -> dict[str, Any] | None:
        now: dict[str, Any] = person.api.get(path)
        expect(now["status"] != "failed", "the copy failed")
        return now if now["status"] == "ready" else None

    wait_for("the copy", packed, seconds=60)
    link = person.api.post(f"{path}/link")["url"]
    archive = zipfile.ZipFile(io.BytesIO(person.api.send("GET", link).content))
    names = sorted(archive.namelist())
    words = b"".join(archive.read(name) for name in names).decode("utf-8", "replace")
    for mine in (person.phone, person.name):
        escaped = json.dumps(mine)[1:-1]
        expect(mine in words or escaped in words, "the copy lacks what is theirs")
    for other in (journey.tenant, journey.landlord):
        expect(other.phone not in words, "the copy holds somebody else's number")
    return [f"{len(names)} files: {', '.join(names)[:90]}"]


def ask_to_be_forgotten(journey: Journey) -> Told:
    """Ask to be erased, and think better of it within the seven days."""
    api = journey.stranger.api
    asked = api.post("me/erasure-requests")
    expect(asked["status"] == "scheduled", f"the request is {asked['status']}")
    api.send("DELETE", f"me/erasure-requests/{asked['id']}")
    now = api.get(f"me/erasure-requests/{asked['id']}")["status"]
    expect(now == "cancelled", f"the request is {now}")
    return [f"scheduled for {asked['due_at']}, taken back"]


def prove_again(journey: Journey, person: Person) -> None:
    """Answer a code by SMS in the session that goes on."""
    phone = Phone(journey.addresses, person.phone)
    before = phone.last_id()
    person.api.post("me/proof-codes", {"method": "sms_code"})
    found = CODE.search(phone.wait("code", after=before))
    expect(found, "no code in the SMS")
    assert found is not None  # noqa: S101 - for the type checker
    person.api.post("me/proofs", {"method": "sms_code", "value": found[1]})
