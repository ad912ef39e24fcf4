"""How each operation is asked: which object, and what its body has to say.

Most need nothing here: the object follows from the noun in the path (`NOUNS`), the body
from the schema, and the objects that a body names from `REFERENCES`. The rest is below,
one entry an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accounts.models.consent_purposes import CONSENT_TEXTS
from lokahome.tests.people import PASSWORD
from lokahome.tests.security.bodies import (
    announcement,
    code,
    credentials,
    digest,
    download,
    entrusting,
    lines,
    passport,
    picture,
    somewhere,
    unsigned_form,
    wish,
)
from messaging.services.preferences import wishes_of

if TYPE_CHECKING:
    from lokahome.tests.security.asking import Scene

NOUNS = {
    "challenges": "challenge",
    "sign-in-notices": "sign_in_notice",
    "agencies": "agency",
    "appeals": "appeal",
    "applications": "application_sent",
    "conversations": "conversation",
    "identity-checks": "identity_check",
    "jobs": "job_funded",
    "leases": "lease",
    "listings": "listing_draft",
    "data-exports": "data_export",
    "devices": "device",
    "emails": "email",
    "erasure-requests": "erasure_request",
    "invitations": "invitation",
    "mandates": "mandate",
    "phones": "phone",
    "sanctions": "sanction",
    "sessions": "session",
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

PUBLIC = frozenset({"division_id", "landmark_id", "division", "landmark"})
"""Members and parameters that name places, which everybody may name."""

REFERENCES = {
    "agency_id": "agency",
    "back_upload_id": "upload_identity",
    "request_id": "code_request",
    "case_id": "case",
    "sanction_id": "sanction_new",
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


Pattern = str | Callable[["Scene"], str]
NEW_PASSWORD = "une autre phrase assez longue"
FORM = "application/x-www-form-urlencoded"
SMS = {"gateway": "twilio"}


@dataclass(frozen=True)
class Ask:
    """How one operation is asked.

    *thing* is the object in the path; *body* adds to, or replaces, what the schema
    gives, and *raw* are bytes in its place; *path* names further objects of the path,
    *words* what is no object there; *references* are objects that members of the body
    name, *named* members that do so in words: pattern and object; *version* is what
    was read of something that is no row.
    """

    thing: str = ""
    body: Callable[[Scene], Mapping[str, Any]] | None = None
    raw: Callable[[Scene], bytes] | None = None
    media_type: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    query: Callable[[Scene], str] | None = None
    version: Callable[[Scene], int] | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, tuple[Pattern, str]] = field(default_factory=dict)


FILTERS = {
    "about": ("{}", "review"),
    "job": ("{}", "job_closed"),
    "lease": ("{}", "lease"),
    "message": ("{}", "message"),
    "request": ("{}", "request_quoted"),
    "subject": ("lease:{}", "lease"),
    "ticket": ("{}", "ticket_to_repair"),
    "unit": ("{}", "unit_entrusted"),
}
"""The object that a parameter of a query names, and how it is written."""

ALSO: dict[str, tuple[str, ...]] = {
    "application_accept": ("application_handled",),
    "application_retrieve": ("application_handled", "application_accepted"),
    "lease_retrieve": ("lease_draft", "lease_to_sign"),
    "listing_pause": ("listing_handled",),
    "listing_photo_create": ("listing_handled",),
    "listing_retrieve": (
        *("listing_submitted", "listing_published", "listing_paused"),
        *("listing_handled", "listing_to_handle"),
    ),
    "listing_update": ("listing_handled",),
    "mandate_retrieve": ("mandate_proposed",),
    "property_retrieve": ("property_opened",),
    "review_retrieve": ("review_hidden",),
    "service_request_retrieve": ("request_quoted",),
    "unit_retrieve": ("unit_entrusted", "unit_let"),
    "unit_update": ("unit_entrusted",),
}
"""Further objects of the same kind, in other states or under other rights."""

ASKS: dict[str, Ask] = {
    "agency_create": Ask(body=lambda _s: {"name": "Une agence"}),
    "agency_invitation_create": Ask(
        body=lambda _s: {"phone": "+2290197444444", "role": "viewer"}
    ),
    "agency_invitation_destroy": Ask(path={"id": "invitation"}),
    "agency_invitation_retrieve": Ask(path={"id": "invitation"}),
    "agency_member_retrieve": Ask(path={"id": "membership"}),
    "agency_member_destroy": Ask(path={"id": "membership"}),
    "agency_member_update": Ask(
        path={"id": "membership"}, body=lambda _s: {"role": "owner"}
    ),
    "agency_update": Ask(body=lambda _s: {"name": "Un autre nom"}),
    "data_export_file": Ask(query=download),
    "identity_check_create": Ask(
        body=passport, references={"upload_id": "upload_identity"}
    ),
    "listing_handling_create": Ask("listing_to_handle"),
    "listing_handling_destroy": Ask("listing_handled"),
    "mandate_accept": Ask("mandate_proposed"),
    "mandate_create": Ask(body=entrusting, references={"upload_id": "upload_mandate"}),
    "mandate_decline": Ask("mandate_proposed"),
    "mandate_update": Ask(body=lambda _s: {"includes_listing": False}),
    "application_accept": Ask("application_reviewed"),
    "application_create": Ask(body=lambda _s: {"move_in_on": "2027-01-15"}),
    "consent_create": Ask(
        body=lambda _s: {
            "purpose": "news",
            "text_version": CONSENT_TEXTS["news"].version,
            "is_granted": True,
        }
    ),
    "conversation_create": Ask(
        body=lambda s: {"subject": f"listing:{s.mine('listing_published')}"},
        named={"subject": ("lease:{}", "lease")},
    ),
    "conversation_cursor_move": Ask(body=lambda _s: {"read_seq": 1}),
    "conversation_message_create": Ask(body=lambda _s: {"body": "Bonjour à vous"}),
    "challenge_prove": Ask(body=lambda _s: {"method": "password", "value": PASSWORD}),
    "email_verify": Ask("email_claimed", body=lambda s: {"code": s.code(s.id)}),
    "identity_create": Ask(body=lambda _s: {"link_token": "none"}),
    "identity_destroy": Ask(words={"provider": "google"}),
    "login_create": Ask(body=credentials),
    "logout_create": Ask(
        body=lambda s: {"refresh": s.code(s.mine("session"))},
        named={"refresh": (lambda s: s.code(s.id), "session")},
    ),
    "password_change": Ask(
        body=lambda _s: {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    ),
    "password_reset_create": Ask(body=lambda s: {"phone": s.oneself.phone}),
    "password_reset_confirm": Ask(
        references={"request_id": "reset_request"},
        body=lambda s: {
            "new_password": NEW_PASSWORD,
            "code": s.code(s.asked_or("reset_request")),
        },
    ),
    "phone_create": Ask(body=lambda _s: {"number": "+2290196555555"}),
    "phone_verify": Ask("phone_request", body=lambda s: {"code": s.code(s.id)}),
    "proof_code_create": Ask(body=lambda _s: {"method": "email_code"}),
    "proof_create": Ask(body=lambda _s: {"method": "password", "value": PASSWORD}),
    "token_refresh_create": Ask(
        body=lambda s: {"refresh": s.code(s.mine("session_now"))},
        named={"refresh": (lambda s: s.code(s.id), "session_now")},
    ),
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
    "notification_preferences_update": Ask(
        body=lambda _s: {"homes": {"sms": False}},
        version=lambda s: wishes_of(s.oneself.pk).version,
    ),
    "otp_request_create": Ask(body=lambda _s: {"phone": "+2290197555555"}),
    "otp_verification_create": Ask(
        body=lambda s: {"code": s.code(s.asked_or("code_request"))}
    ),
    "payment_refund_list": Ask("payment_refunded"),
    "place_list": Ask(query=lambda _s: "?q=Quartier"),
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
    "sms_delivery_create": Ask(words=SMS, raw=unsigned_form, media_type=FORM),
    "sms_message_create": Ask(words=SMS, raw=unsigned_form, media_type=FORM),
    "ticket_contest": Ask("ticket_to_contest"),
    "ticket_create": Ask(body=lambda _s: {"category_slug": "leak"}),
    "uploads_content": Ask(raw=picture, media_type="image/jpeg"),
    "uploads_create": Ask(body=announcement),
    "unit_update": Ask(body=lambda _s: {"bedrooms": 2}),
    "webhook_create": Ask(words={"gateway": "fedapay"}),
}
