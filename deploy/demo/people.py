"""People of the journey: fresh numbers, signing up by the code of the caught SMS."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.demo.addresses import Addresses
from deploy.demo.client import Api, expect, wait_for

# First two digits after 01 that are MTN's in Benin.
MTN = ("51", "52", "53", "54", "61", "62", "66", "67", "69", "90", "91", "96", "97")

# What the simulated payer does, by the last three digits of the wallet.
APPROVES = "001"
DECLINES = "002"
APPROVES_WITHOUT_WEBHOOK = "006"

CODE = re.compile(r"\b(\d{6})\b")
_TRIES = 5


def mtn_number(ending: str = "") -> str:
    """Return a random MTN number of Benin in E.164 that ends in *ending*."""
    digits = 6 - len(ending)
    middle = f"{secrets.randbelow(10**digits):0{digits}d}" if digits else ""
    return f"+22901{secrets.choice(MTN)}{middle}{ending}"


@dataclass(slots=True)
class Person:
    """Somebody with a phone and, once signed in, an app."""

    name: str
    phone: str
    id: str
    api: Api
    npi: str = "-"
    """The number of their identity document, once they sent one."""


class Phone:
    """The SMS that a number gets, read on the development page."""

    def __init__(self, addresses: Addresses, number: str) -> None:
        self.number = number
        self._page = f"{addresses.public}/dev/messages.json"

    def messages(self) -> list[dict[str, Any]]:
        """Return what was caught for this number, oldest first."""
        response = httpx.get(self._page, params={"to": self.number}, timeout=20)
        expect(
            response.status_code == 200,
            f"{self._page} answered {response.status_code}: are the development "
            "doors open?",
        )
        rows: list[dict[str, Any]] = response.json()["data"]
        return rows

    def wait(self, words: str, *, seconds: float = 20, after: str = "") -> str:
        """Return the newest SMS that holds *words* and came after message *after*."""

        def look() -> str | None:
            rows = [row for row in self.messages() if row["id"] > after]
            texts = [str(row["text"]) for row in rows if words in row["text"]]
            return texts[-1] if texts else None

        return wait_for(f"SMS with “{words}” to {self.number}", look, seconds=seconds)

    def last_id(self) -> str:
        """Return the id of the newest message, empty when there is none."""
        rows = self.messages()
        return str(rows[-1]["id"]) if rows else ""


def sign_up(addresses: Addresses, *, name: str, ending: str = "") -> Person:
    """Return a new person: a code is asked for, read in the SMS, and sent back.

    A number that somebody had before is left alone, and another one is tried.
    """
    device = str(uuid.uuid4())
    for _ in range(_TRIES):
        number = mtn_number(ending)
        session = sign_in(addresses, number, device=device)
        if session.get("is_new"):
            break
    expect(session.get("is_new"), "no free number was found")
    api = Api(addresses.api, token=session["access"], device=device)
    response = api.send("GET", "me")
    api.patch("me", {"full_name": name}, etag=response.headers["ETag"])
    return Person(name=name, phone=number, id=session["user"]["id"], api=api)


def sign_in(addresses: Addresses, number: str, *, device: str = "") -> dict[str, Any]:
    """Sign in by SMS code; return the session (tokens, user, is_new), or a challenge."""
    anonymous = Api(addresses.api, device=device)
    phone = Phone(addresses, number)
    before = phone.last_id()
    request = anonymous.post("auth/otp-requests", {"phone": number, "device": "demo"})
    text = phone.wait("code", after=before)
    found = CODE.search(text)
    expect(found, f"no code in the SMS: {text}")
    assert found is not None  # noqa: S101 - for the type checker
    session: dict[str, Any] = anonymous.post(
        "auth/otp-verifications", {"request_id": request["id"], "code": found[1]}
    )
    return session
