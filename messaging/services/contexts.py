"""What each message says: its template's values, read by id when it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from messaging.queries import facts

Ids = Mapping[str, str]
Values = dict[str, str]
Reader = Callable[[Collection[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class Read:
    """A value that *reader* finds by the fact's id *key*."""

    reader: Reader
    key: str


@dataclass(frozen=True, slots=True)
class Said:
    """A state that the fact itself says under *key*."""

    key: str


Source = Read | Said

_LISTING = {"title": Read(facts.listing_titles, "listing_id")}
_LEASE = {"title": Read(facts.lease_titles, "lease_id")}
_TICKET = {"title": Read(facts.ticket_titles, "ticket_id")}
_CHARGE = {"amount": Read(facts.charge_amounts, "charge_id")}
_PAYOUT = {"amount": Read(facts.transfer_amounts, "payout_id")}
_REFUND = {"amount": Read(facts.transfer_amounts, "refund_id")}
_PHONE = {"ending": Read(facts.phone_endings, "phone_id")}
_DOCUMENT = {"kind": Read(facts.document_kinds, "check_id")}
_REQUEST = {"title": Read(facts.request_titles, "request_id")}
_QUOTE = {**_REQUEST, "amount": Read(facts.quote_amounts, "quote_id")}
_JOB = {"title": Read(facts.job_titles, "job_id")}
_PAID_JOB = {**_JOB, "amount": Read(facts.job_amounts, "job_id")}


def _name(key: str) -> dict[str, Source]:
    return {"name": Read(facts.person_names, key)}


_AGENCY = {"name": Read(facts.agency_names, "agency_id")}

CONTEXTS: dict[str, Mapping[str, Source]] = {
    "agency_decided": {**_AGENCY, "status": Said("status")},
    "agency_invited": _AGENCY,
    "appeal_decided": {
        "outcome": Said("outcome"),
        "answer": Read(facts.appeal_answers, "appeal_id"),
    },
    "application_accepted": _LISTING,
    "application_declined": _LISTING,
    "application_received": {**_LISTING, **_name("tenant_id")},
    "charge_expired": _CHARGE,
    "charge_failed": {**_CHARGE, "failure": Said("failure_code")},
    "dispute_decided": _JOB,
    "identity_checked": {**_DOCUMENT, "status": Said("status")},
    "identity_expired": {"cause": Said("cause")},
    "identity_runs_out": {
        **_DOCUMENT,
        "until": Read(facts.document_ends, "check_id"),
    },
    "identity_linked": {"provider": Said("provider")},
    "job_approved": _PAID_JOB,
    "job_cancelled": _JOB,
    "job_closed": _JOB,
    "job_delivered": _PAID_JOB,
    "job_disputed": _JOB,
    "job_funded": _PAID_JOB,
    "job_held": _PAID_JOB,
    "job_started": _JOB,
    "lease_active": _LEASE,
    "lease_to_sign": _LEASE,
    "listing_needs_changes": _LISTING,
    "listing_published": _LISTING,
    "listing_rejected": _LISTING,
    "listing_suspended": _LISTING,
    "mandate_accepted": _AGENCY,
    "mandate_declined": _AGENCY,
    "mandate_ended": _AGENCY,
    "mandate_proposed": _name("landlord_id"),
    "mandated_agency_decided": {**_AGENCY, "status": Said("status")},
    "member_removed": _AGENCY,
    "payout_failed": _PAYOUT,
    "payout_sent": _PAYOUT,
    "phone_added": _PHONE,
    "phone_lost": _PHONE,
    "phone_removed": _PHONE,
    "phone_taken_over": _PHONE,
    "quote_accepted": _QUOTE,
    "quote_declined": _REQUEST,
    "quote_received": {
        **_QUOTE,
        "name": Read(facts.provider_names, "provider_id"),
    },
    "refund_done": _REFUND,
    "refund_failed": _REFUND,
    "rent_paid_landlord": {**_CHARGE, **_LEASE},
    "rent_paid_payer": {**_CHARGE, **_LEASE},
    "glass_broken": {},
    "code_money_spent": {},
    "data_export_ready": {},
    "erasure_moved": {
        "status": Said("status"),
        "day": Read(facts.erasure_days, "erasure_id"),
    },
    "factors_forgotten": {},
    "staff_changed": {},
    "entry_stopped": {},
    "password_changed": {},
    "email_changed": {},
    "loss_lifted": _PHONE,
    "account_reclaimed": {},
    "session_reused": {},
    "report_decided": {"decision": Said("decision")},
    "request_cancelled": _REQUEST,
    "request_expired": _REQUEST,
    "request_nearby": _REQUEST,
    "reviews_revealed": _JOB,
    "sign_in_notice": {
        **_PHONE,
        "moment": Read(facts.notice_openings, "notice_id"),
        "link": Read(facts.contest_links, "notice_id"),
    },
    "sanction_ended": {"outcome": Said("outcome")},
    "sanction_imposed": {
        "measure": Said("measure"),
        "notice": Read(facts.sanction_notices, "sanction_id"),
        "until": Read(facts.sanction_ends, "sanction_id"),
    },
    "sms_started": {},
    "sms_stopped": {},
    "sms_unplaced": {},
    "ticket_decided": {**_TICKET, "payer": Said("payer")},
    "ticket_opened": {**_TICKET, **_name("opened_by_id")},
    "ticket_resolved": _TICKET,
    "unread_messages": _name("sender_id"),
}
"""Template -> where its values come from. A code has none: it is minted on leaving."""

STATES = frozenset(
    source.key
    for sources in CONTEXTS.values()
    for source in sources.values()
    if isinstance(source, Said)
)
"""What a fact may say beside ids."""


def values_of(rows: Iterable[tuple[str, Ids]]) -> list[Values]:
    """Return the values of each (template, ids), a query for each kind of value.

    What is gone reads as an empty text. Raises KeyError for an unknown template.
    """
    wanted = [(CONTEXTS[template], ids) for template, ids in rows]
    asked: dict[Reader, set[UUID]] = defaultdict(set)
    for sources, ids in wanted:
        for source in sources.values():
            if isinstance(source, Read) and ids.get(source.key):
                asked[source.reader].add(UUID(ids[source.key]))
    found = {reader: reader(keys) for reader, keys in asked.items()}
    return [
        {name: _value(source, ids, found) for name, source in sources.items()}
        for sources, ids in wanted
    ]


def _value(source: Source, ids: Ids, found: Mapping[Reader, Mapping[UUID, str]]) -> str:
    text = ids.get(source.key, "")
    if isinstance(source, Said) or not text:
        return text
    return found[source.reader].get(UUID(text), "")
