"""From sign-up to a paid rent with httpx, against a development platform (`make run`).

``python docs/api/examples/journey.py``; BASE is the platform, PHOTO a JPEG of a home.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

BASE = os.environ.get("BASE", "http://127.0.0.1:8000")
PHOTO = Path(os.environ.get("PHOTO", str(Path(__file__).with_name("home.jpg"))))


class App:
    """The app on one phone. Every POST carries a key, so that it can be repeated."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.http = httpx.Client(
            base_url=f"{BASE}/api/v1",
            timeout=20,
            headers={"LokaHome-Device": str(uuid.uuid4())},  # made once, then kept
        )

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send, and return the JSON; a refusal is shown as the platform words it."""
        if method == "POST":
            options["headers"] = {"Idempotency-Key": str(uuid.uuid4())}
        response = self.http.request(method, path, **options)
        if response.is_error:
            raise SystemExit(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()

    def get(self, path: str, **parameters: Any) -> Any:
        return self.ask("GET", path, params=parameters)

    def post(self, path: str, **body: Any) -> Any:
        return self.ask("POST", path, json=body)

    def sms(self, words: str) -> str:
        """Return the newest SMS with *words*, from the development page."""
        for _ in range(60):
            page = httpx.get(f"{BASE}/dev/messages.json", params={"to": self.number})
            texts = [m["text"] for m in page.json()["data"] if words in m["text"]]
            if texts:
                return texts[-1]
            time.sleep(0.5)
        raise SystemExit(f"no SMS with “{words}” to {self.number}")

    def sign_up(self) -> None:
        request = self.post("auth/otp-requests", phone=self.number)
        code = re.search(r"\b\d{6}\b", self.sms("code"))[0]
        session = self.post(
            "auth/otp-verifications", request_id=request["id"], code=code
        )
        self.http.headers["Authorization"] = f"Bearer {session['access']}"

    def pay(self, lease_id: str, **body: Any) -> Any:
        """Ask for a payment, then read it as often as it says until it has ended."""
        payment = self.post(f"leases/{lease_id}/payments", operator="mtn", **body)
        while payment["payer_message"] == "being_checked":
            time.sleep(payment["poll_after_seconds"])
            payment = self.get(f"payments/{payment['id']}")
        return payment


def second_factor(handle: str) -> str:
    """Return the next code of a demo colleague, from the development page."""
    shown = rf"<td>{handle}</td><td>[^<]*</td><td><strong>(\d{{6}})<"
    for _ in range(60):
        page = httpx.get(f"{BASE}/dev/second-factor")
        if code := re.search(shown, page.text):
            return code[1]
        time.sleep(1)
    raise SystemExit(f"no second factor of {handle}")


def number(ending: str) -> str:
    """Return an MTN number; its last three digits tell the simulator what to do."""
    return f"+2290197{random.randrange(1000):03d}{ending}"


def francs(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "XOF"}


def publish(listing_id: str) -> None:
    """What a moderator does in the admin; no app does this."""

    def hidden(page: httpx.Response, name: str) -> str:
        return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]

    with httpx.Client(base_url=f"{BASE}/admin", follow_redirects=True) as browser:

        def send(path: str, page: httpx.Response, **fields: str) -> httpx.Response:
            fields["csrfmiddlewaretoken"] = hidden(page, "csrfmiddlewaretoken")
            headers = {"Referer": str(page.url)}
            return browser.post(path, data=fields, headers=headers).raise_for_status()

        who = {"username": "moderator", "password": "lokahome-demo"}
        page = send("/login/?next=/admin/", browser.get("/login/"), **who)
        while 'name="code"' in page.text:  # another browser may have used the code up
            page = send("/second-factor/", page, code=second_factor("moderator"))
            time.sleep(1)
        listing = f"/properties/listing/{listing_id}"
        page = browser.get(f"{listing}/change/")
        send(f"{listing}/decide/publish", page, version=hidden(page, "version"))


def main() -> None:
    landlord, tenant = App(number("100")), App(number("001"))
    landlord.sign_up()
    tenant.sign_up()
    landlord.post("me/roles", role="landlord")

    places = tenant.get("places", q="Cinéma Concorde")["data"]
    landmark = next(place for place in places if place["kind"] == "landmark")
    places = tenant.get("places", q="Cotonou")["data"]
    quarter = next(place for place in places if place["kind"] == "division")
    home = landlord.post(
        "properties",
        label="Maison",
        division_id=quarter["id"],
        landmark_id=landmark["id"],
        pin=landmark["point"],
    )
    unit = landlord.post(
        "units",
        property_id=home["id"],
        label="Porte 1",
        kind="chambre_salon",
        sanitary="sanitary",
    )
    listing = landlord.post(
        "listings",
        unit_id=unit["id"],
        rent=francs(45_000),
        description="Chambre-salon sanitaire dans une cour calme.",
    )

    picture = PHOTO.read_bytes()
    upload = landlord.post(
        "uploads",
        kind="photo",
        mime="image/jpeg",
        size_bytes=len(picture),
        sha256=hashlib.sha256(picture).hexdigest(),
    )
    as_jpeg = {"Content-Type": "image/jpeg"}
    landlord.ask("PUT", upload["upload_url"], content=picture, headers=as_jpeg)
    landlord.post(f"listings/{listing['id']}/photos", upload_id=upload["id"])
    landlord.post(f"listings/{listing['id']}/submission")
    publish(listing["id"])

    near = f"{landmark['point']['lat']},{landmark['point']['lng']}"
    found = tenant.get("listings", near=near, radius_m=1000, limit=50)["data"]
    assert listing["id"] in {row["id"] for row in found}
    today = datetime.now(UTC).date().isoformat()
    application = tenant.post(
        "applications", listing_id=listing["id"], move_in_on=today
    )
    accepted = landlord.post(f"applications/{application['id']}/acceptance")
    lease_id = accepted["lease_id"]
    lease = landlord.post(f"leases/{lease_id}/signature-request")
    for person in (landlord, tenant):
        digest = lease["terms_digest"]
        person.post(f"leases/{lease_id}/signatures", terms_digest=digest)

    first = tenant.pay(lease_id)  # all that is owed, from the tenant's own wallet
    assert first["payer_message"] == "paid", first
    rent = francs(45_000)
    silent = tenant.pay(lease_id, amount=rent, phone=number("006"))  # no webhook comes
    assert silent["payer_message"] == "paid", silent
    refused = tenant.pay(lease_id, amount=rent, phone=number("002"))
    assert refused["payer_message"] == "not_charged", refused
    print(tenant.sms("débité"))

    for _ in range(60):
        papers = tenant.get(f"leases/{lease_id}/documents")["data"]
        if any(paper["kind"] == "quittance" for paper in papers):
            break
        time.sleep(0.5)
    for paper in papers:
        page = httpx.get(paper["check_url"])
        assert "authentique" in page.text
        print(paper["label"], paper["check_url"])
    print("journey complete")


if __name__ == "__main__":
    main()
