"""How each operation is asked: which object, and what its body has to say.

Most need nothing here: the object follows from the noun in the path (`NOUNS`), the body
from the schema, and the objects that a body names from `REFERENCES`. The rest is below,
one entry an operation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marketplace.queries.jobs import code_of
from marketplace.tests.factories import LINES
from properties.tests import factories as homes

if TYPE_CHECKING:
    from lokahome.tests.security.asking import Scene

NOUNS = {
    "applications": "application_sent",
    "conversations": "conversation",
    "identity-checks": "identity_check",
    "jobs": "job_funded",
    "leases": "lease",
    "listings": "listing_draft",
    "emails": "email",
    "roles": "role",
    "notifications": "notification",
    "payments": "payment",
    "payouts": "payout",
    "properties": "property",
    "providers": "provider_profile",
    "quotes": "quote",
    "receipts": "receipt",
    "reports": "report",
    "reviews": "review",
    "service-requests": "request",
    "tickets": "ticket",
    "units": "unit",
    "uploads": "upload_announced",
}
"""The object that a path is about, by the noun before its id."""

PUBLIC = frozenset({"division_id", "landmark_id"})
"""Members that name places, which everybody may name."""

REFERENCES = {
    "job_id": "job_closed",
    "lease_id": "lease",
    "listing_id": "listing_published",
    "period_id": "rent_period",
    "property_id": "property",
    "ticket_id": "ticket_to_repair",
    "unit_id": "unit",
    "up_to": "notification",
    "upload_id": "upload",
    "upload_ids": "upload",
}
"""The object that a member of a body names."""


@dataclass(frozen=True)
class Ask:
    """How one operation is asked.

    *thing* is the object in the path; *body* adds to, or replaces, what the schema
    gives, and *raw* are bytes in its place; *path* names further objects of the path,
    *words* what is no object there; *references* are objects that members of the body
    name, *named* members that do so in words: pattern and object.
    """

    thing: str = ""
    body: Callable[[Scene], Mapping[str, Any]] | None = None
    raw: Callable[[Scene], bytes] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def lines(_scene: Scene) -> dict[str, Any]:
    """Return the body of a quote."""
    wanted = [
        {
            "kind": line.kind,
            "label": line.label,
            "amount": {"amount": line.amount, "currency": "XOF"},
        }
        for line in LINES
    ]
    return {"lines": wanted}


def code(kind: str) -> Callable[[Scene], dict[str, Any]]:
    """Return the body with the job's true code, as if it had been overheard."""

    def body(scene: Scene) -> dict[str, Any]:
        told = {"code": code_of(scene.row, kind)}
        pictures = [str(scene.mine("upload"))]
        return told | ({"upload_ids": pictures} if kind == "finish" else {})

    return body


def digest(scene: Scene) -> dict[str, Any]:
    """Return the body that signs the lease's exact terms."""
    return {"terms_digest": scene.row.terms_digest}


def picture(_scene: Scene) -> bytes:
    """Return the bytes that were announced."""
    return homes.jpeg(64, 48)


def announcement(_scene: Scene) -> dict[str, Any]:
    """Return the announcement of a picture."""
    content = homes.jpeg(80, 60)
    sha = hashlib.sha256(content).hexdigest()
    return {
        "kind": "photo",
        "mime": "image/jpeg",
        "size_bytes": len(content),
        "sha256": sha,
    }


def somewhere(scene: Scene) -> dict[str, Any]:
    """Return a home's facts in the division of the asker's side."""
    quarter = homes.division(f"Quartier {scene.own.name}")
    return {"division_id": str(quarter.pk), "pin": {"lat": 6.36, "lng": 2.4}}


def wish(scene: Scene) -> dict[str, Any]:
    """Return a request for a service at a point of one's own."""
    quarter = homes.division(f"Quartier {scene.own.name}")
    return {
        "category": "leak",
        "title": "Une fuite",
        "division_id": str(quarter.pk),
        "point": {"lat": 6.36, "lng": 2.4},
    }


ASKS: dict[str, Ask] = {
    "application_accept": Ask("application_reviewed"),
    "application_create": Ask(body=lambda _s: {"move_in_on": "2027-01-15"}),
    "conversation_create": Ask(
        body=lambda s: {"subject": f"listing:{s.mine('listing_published')}"},
        named={"subject": ("lease:{}", "lease")},
    ),
    "conversation_cursor_move": Ask(body=lambda _s: {"read_seq": 1}),
    "conversation_message_create": Ask(body=lambda _s: {"body": "Bonjour à vous"}),
    "email_verify": Ask("email_claimed", body=lambda _s: {"code": "000000"}),
    "identity_check_create": Ask(references={"upload_id": "upload_identity"}),
    "job_approve": Ask("job_delivered"),
    "job_code_renew": Ask("job_funded", body=lambda _s: {"kind": "start"}),
    "job_deliver": Ask("job_started", body=code("finish")),
    "job_dispute": Ask("job_delivered"),
    "job_payment_create": Ask("job_accepted"),
    "job_photo_create": Ask("job_started", body=lambda _s: {"moment": "start"}),
    "job_start": Ask("job_funded", body=code("start")),
    "lease_correct": Ask("lease_to_sign"),
    "lease_send": Ask("lease_draft"),
    "lease_sign": Ask("lease_to_sign", body=digest),
    "lease_update": Ask("lease_draft", body=lambda _s: {"due_day": 4}),
    "listing_create": Ask(body=lambda _s: {"purpose": "long_let"}),
    "listing_let": Ask("listing_published"),
    "listing_pause": Ask("listing_published"),
    "listing_photo_destroy": Ask(path={"photo_id": "photo"}),
    "listing_resume": Ask("listing_paused"),
    "listing_update": Ask(body=lambda _s: {"description": "Une autre description."}),
    "me_update": Ask(body=lambda _s: {"full_name": "Un Autre Nom"}),
    "notification_preferences_update": Ask(body=lambda _s: {"homes": {"sms": False}}),
    "otp_request_create": Ask(body=lambda _s: {"phone": "+2290197555555"}),
    "otp_verification_create": Ask(body=lambda _s: {"code": "000000"}),
    "payment_refund_list": Ask("payment_refunded"),
    "place_list": Ask(query="?q=Quartier"),
    "property_create": Ask(body=somewhere),
    "property_update": Ask(body=lambda _s: {"label": "Un autre nom"}),
    "provider_create": Ask(
        body=lambda _s: {
            "categories": ["plumbing"],
            "base_point": {"lat": 6.36, "lng": 2.4},
            "radius_m": 5000,
        }
    ),
    "provider_update": Ask(body=lambda _s: {"about": "Depuis dix ans."}),
    "quote_revise": Ask(body=lines),
    "report_create": Ask(
        body=lambda s: {
            "subject": f"provider:{s.mine('provider_profile')}",
            "reason": "scam",
        },
        named={"subject": ("message:{}", "message")},
    ),
    "role_create": Ask(body=lambda _s: {"role": "provider"}),
    "service_request_create": Ask(body=wish),
    "service_request_quote_create": Ask(body=lines),
    "service_request_quote_list": Ask("request_quoted"),
    "sms_delivery_create": Ask(words={"gateway": "twilio"}),
    "sms_message_create": Ask(words={"gateway": "twilio"}),
    "ticket_contest": Ask("ticket_to_contest"),
    "ticket_create": Ask(body=lambda _s: {"category_slug": "leak"}),
    "uploads_content": Ask(raw=picture),
    "uploads_create": Ask(body=announcement),
    "unit_update": Ask(body=lambda _s: {"bedrooms": 2}),
    "webhook_create": Ask(words={"gateway": "fedapay"}),
}
