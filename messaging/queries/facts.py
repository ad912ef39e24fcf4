"""Reads below messaging, made when words are: nothing is copied before.

Each reads many ids at once, so a page of words costs a query a kind, not a row; what
does not exist is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import (
    Agency,
    Appeal,
    ErasureRequest,
    IdentityCheck,
    Phone,
    Sanction,
    SignInNotice,
    User,
)
from accounts.queries.signing_in import contest_link
from lokahome.core.audit.models import StateChange
from lokahome.core.money import Money, format_money
from marketplace.models import Job, ProviderProfile, Quote, ServiceRequest
from payments.models import Charge, Transfer
from properties.models import Lease, Listing, Ticket

Ids = Collection[UUID]
Texts = dict[UUID, str]


def person_names(ids: Ids) -> Texts:
    """Return the names that people gave."""
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "full_name"))


def phone_endings(ids: Ids) -> Texts:
    """Return the last two digits of numbers: enough for whoever knows the rest."""
    numbers = Phone.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: number[-2:] for pk, number in numbers}


def notice_openings(ids: Ids) -> Texts:
    """Return when the 72 hours of notices are over, by the clocks of Benin."""
    notices = SignInNotice.objects.filter(pk__in=ids).values_list("pk", "opens_at")
    return {pk: f"{localtime(moment):%d/%m %H:%M}" for pk, moment in notices}


def contest_links(ids: Ids) -> Texts:
    """Return where whoever reads the letter says no to a notice."""
    return {pk: contest_link(pk) for pk in ids}


def agency_names(ids: Ids) -> Texts:
    """Return the names of agencies."""
    return dict(Agency.objects.filter(pk__in=ids).values_list("pk", "name"))


def provider_names(ids: Ids) -> Texts:
    """Return the names under which the people *ids* offer their services."""
    profiles = ProviderProfile.objects.filter(person_id__in=ids)
    return dict(profiles.values_list("person_id", "display_name"))


def sanction_notices(ids: Ids) -> Texts:
    """Return what the staff told the people they sanctioned."""
    return dict(Sanction.objects.filter(pk__in=ids).values_list("pk", "notice"))


def sanction_ends(ids: Ids) -> Texts:
    """Return the days on which sanctions end; one without an end has none."""
    ends = Sanction.objects.filter(pk__in=ids, ends_at__isnull=False)
    return {
        pk: date_format(localtime(ends_at), "d/m/Y")
        for pk, ends_at in ends.values_list("pk", "ends_at")
    }


def document_kinds(ids: Ids) -> Texts:
    """Return the kinds of identity documents, as `DocumentKind` writes them."""
    return dict(
        IdentityCheck.objects.filter(pk__in=ids).values_list("pk", "document_kind")
    )


def document_ends(ids: Ids) -> Texts:
    """Return the last days on which identity documents are valid; not all have one."""
    ends = IdentityCheck.objects.filter(pk__in=ids)
    return {
        pk: date_format(expires_on, "d/m/Y")
        for pk, expires_on in ends.values_list("pk", "expires_on")
        if expires_on is not None
    }


def erasure_days(ids: Ids) -> Texts:
    """Return the days on which accounts will be erased; one that waits has none."""
    due = ErasureRequest.objects.filter(pk__in=ids, due_at__isnull=False)
    return {
        pk: date_format(localtime(due_at), "d/m/Y")
        for pk, due_at in due.values_list("pk", "due_at")
    }


def appeal_answers(ids: Ids) -> Texts:
    """Return what the staff answered to appeals."""
    return dict(Appeal.objects.filter(pk__in=ids).values_list("pk", "answer"))


def listing_titles(ids: Ids) -> Texts:
    """Return the titles of listings."""
    return dict(Listing.objects.filter(pk__in=ids).values_list("pk", "title"))


def lease_titles(ids: Ids) -> Texts:
    """Return how people know leases: by their listing's title."""
    leases = Lease.objects.filter(pk__in=ids)
    return dict(leases.values_list("pk", "listing__title"))


def ticket_titles(ids: Ids) -> Texts:
    """Return what is broken, in a few words."""
    return dict(Ticket.objects.filter(pk__in=ids).values_list("pk", "title"))


def request_titles(ids: Ids) -> Texts:
    """Return what is asked for, in a few words."""
    return dict(ServiceRequest.objects.filter(pk__in=ids).values_list("pk", "title"))


def job_titles(ids: Ids) -> Texts:
    """Return what jobs are about: their request's title."""
    return dict(Job.objects.filter(pk__in=ids).values_list("pk", "request__title"))


def charge_amounts(ids: Ids) -> Texts:
    """Return the amounts of charges, as an SMS writes them."""
    rows = Charge.objects.filter(pk__in=ids)
    return _amounts(rows.values_list("pk", "amount", "currency"))


def transfer_amounts(ids: Ids) -> Texts:
    """Return the amounts of payouts and refunds."""
    rows = Transfer.objects.filter(pk__in=ids)
    return _amounts(rows.values_list("pk", "amount", "currency"))


def quote_amounts(ids: Ids) -> Texts:
    """Return the totals of quotes."""
    rows = Quote.objects.filter(pk__in=ids)
    return _amounts(rows.values_list("pk", "total", "currency"))


def job_amounts(ids: Ids) -> Texts:
    """Return the prices of jobs."""
    rows = Job.objects.filter(pk__in=ids)
    return _amounts(rows.values_list("pk", "amount", "currency"))


def _amounts(rows: Iterable[tuple[UUID, int, str]]) -> Texts:
    return {
        pk: format_money(Money(amount, currency), plain=True)
        for pk, amount, currency in rows
    }


def occurrence(subject: str, target: str) -> str:
    """Return the id of the last time that *subject* came to the state *target*.

    A listing may be published more than once: its id alone would not tell the facts
    apart, and the second would never be told.
    """
    steps = StateChange.objects.filter(subject=subject, target=target)
    last = steps.order_by("-id").values_list("id", flat=True).first()
    return str(last or "first")
