"""Quoting: a provider's price, its revisions, and answers short of an acceptance.

A provider never pays to quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.limits import take
from marketplace.events import QuoteDeclined, QuoteReceived
from marketplace.models import (
    ProviderProfile,
    Quote,
    QuoteLine,
    ServiceRequest,
)
from marketplace.models.quotes import (
    LEAST_TOTAL,
    MOST_REVISIONS,
    MOST_TOTAL,
    QuoteQuerySet,
)
from marketplace.services.answers import ids_of, step
from properties.services.inserting import insert

QUOTES_A_DAY = 60
MOST_LINES = 30
VALID_DAYS = (1, 30)
START_WITHIN = timedelta(days=180)


class CannotQuote(StateConflict):
    """The request takes no quote from this person: not open, one's own, or elsewhere."""

    code = "quote.not_possible"
    title = gettext_lazy("Vous ne pouvez pas chiffrer cette demande")


class AlreadyQuoted(StateConflict):
    """The provider's quote waits already: revise it."""

    code = "quote.already_sent"
    title = gettext_lazy("Votre devis attend déjà une réponse")


class TooManyRevisions(StateConflict):
    """The provider quoted as often as one may for one request."""

    code = "quote.too_many_revisions"
    title = gettext_lazy("Vous avez chiffré cette demande trop de fois")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote: what for, and its price in francs."""

    kind: str
    label: str
    amount: int


@transaction.atomic
def send_quote(
    *,
    request_id: UUID,
    provider: User,
    lines: Sequence[Line],
    now: datetime,
    valid_days: int = 7,
    note: str = "",
    starts_at: datetime | None = None,
    quote_id: UUID | None = None,
) -> Quote:
    """Send a price for an open request that *provider*'s profile serves.

    The total is the sum of *lines*; *starts_at* is the appointment it offers. Raises
    NotFound for a request one may not see, CannotQuote, AlreadyQuoted,
    TooManyRevisions, InvalidInput with every pointer, RateLimited beyond QUOTES_A_DAY.
    Locks the request. Emits QuoteReceived.
    """
    visible = ServiceRequest.objects.visible_to(provider).filter(pk=request_id)
    if not visible.exists():
        raise NotFound
    served = ServiceRequest.objects.served_by(provider.pk).filter(pk=request_id)
    if not served.exists():
        raise CannotQuote
    request = _hold_open(request_id, now)
    _check(lines, valid_days, starts_at, now)
    mine = request.quotes.filter(provider=provider)
    if mine.waiting().exists():
        raise AlreadyQuoted
    day = timedelta(days=1)
    take("quotes", str(provider.pk), limit=QUOTES_A_DAY, window=day, now=now)
    quote = _write(
        request,
        provider,
        lines,
        revision=mine.count() + 1,
        expires_at=now + timedelta(days=valid_days),
        note=note,
        starts_at=starts_at,
        quote_id=quote_id,
    )
    append(QuoteReceived(**ids_of(quote, request), revision=quote.revision))
    return quote


@transaction.atomic
def revise_quote(
    *,
    quote_id: UUID,
    provider: User,
    lines: Sequence[Line],
    now: datetime,
    valid_days: int = 7,
    note: str = "",
    starts_at: datetime | None = None,
    new_quote_id: UUID | None = None,
) -> Quote:
    """Replace one's waiting quote by a new revision; return the new one.

    Raises NotFound, CannotQuote when the request takes none any more, TransitionRefused
    when the old one was answered, TooManyRevisions, InvalidInput. Locks the request,
    then the quote. Emits QuoteReceived.
    """
    request, old = _hold(Quote.objects.filter(provider=provider), quote_id)
    step(old, "supersede", who="provider", actor_id=provider.pk, now=now)
    _require_open(request, now)
    if not ProviderProfile.objects.available().filter(person=provider).exists():
        raise CannotQuote
    _check(lines, valid_days, starts_at, now)
    quote = _write(
        request,
        provider,
        lines,
        revision=request.quotes.filter(provider=provider).count() + 1,
        expires_at=now + timedelta(days=valid_days),
        note=note,
        starts_at=starts_at,
        quote_id=new_quote_id,
    )
    append(QuoteReceived(**ids_of(quote, request), revision=quote.revision))
    return quote


@transaction.atomic
def withdraw_quote(*, quote_id: UUID, provider: User, now: datetime) -> Quote:
    """Take one's waiting quote back; again changes nothing.

    Raises NotFound, TransitionRefused. Locks the request, then the quote.
    """
    _request, quote = _hold(Quote.objects.filter(provider=provider), quote_id)
    if quote.status != Quote.Status.WITHDRAWN:
        step(quote, "withdraw", who="provider", actor_id=provider.pk, now=now)
    return quote


@transaction.atomic
def decline_quote(
    *, quote_id: UUID, requester: User, now: datetime, reason: str = ""
) -> Quote:
    """Decline a waiting quote; again changes nothing. The provider may quote again.

    Raises NotFound, TransitionRefused. Locks the request, then the quote. Emits
    QuoteDeclined.
    """
    mine = Quote.objects.filter(request__requester=requester)
    request, quote = _hold(mine, quote_id)
    if quote.status == Quote.Status.DECLINED:
        return quote
    step(
        quote,
        "decline",
        who="requester",
        actor_id=requester.pk,
        now=now,
        reason=reason.strip()[:500],
    )
    append(QuoteDeclined(**ids_of(quote, request)))
    return quote


def expire_stale_quotes(*, now: datetime) -> int:
    """Expire waiting quotes whose time has passed, each by itself; return how many."""
    due = Quote.objects.waiting().filter(expires_at__lte=now)
    return sum(_expire(pk, now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _expire(quote_id: UUID, now: datetime) -> bool:
    _request, quote = _hold(Quote.objects.all(), quote_id)
    if quote.status != Quote.Status.SENT:
        return False
    step(quote, "expire", who="system", actor_id=None, now=now)
    return True


def _hold(quotes: QuoteQuerySet, quote_id: UUID) -> tuple[ServiceRequest, Quote]:
    found = quotes.filter(pk=quote_id).values_list("request_id", flat=True).first()
    if found is None:
        raise NotFound
    request = locked(ServiceRequest.objects.all(), found)
    return request, locked(Quote.objects.all(), quote_id)


def _hold_open(request_id: UUID, now: datetime) -> ServiceRequest:
    request = locked(ServiceRequest.objects.all(), request_id)
    _require_open(request, now)
    return request


def _require_open(request: ServiceRequest, now: datetime) -> None:
    if request.status != ServiceRequest.Status.OPEN or request.expires_at <= now:
        raise CannotQuote


def _check(
    lines: Sequence[Line],
    valid_days: int,
    starts_at: datetime | None,
    now: datetime,
) -> None:
    failures = []
    if not 1 <= len(lines) <= MOST_LINES:
        detail = _("Entre une et trente lignes.")
        failures.append(FieldError("out_of_range", detail, "/lines"))
    for index, line in enumerate(lines):
        at = f"/lines/{index}"
        if line.kind not in QuoteLine.Kind.values:
            failures.append(FieldError("unknown", _("Nature inconnue."), f"{at}/kind"))
        if not line.label.strip():
            detail = _("Indiquez un libellé.")
            failures.append(FieldError("required", detail, f"{at}/label"))
        if not 1 <= line.amount <= MOST_TOTAL:
            detail = _("Un montant entre 1 et 3 000 000 F.")
            failures.append(FieldError("out_of_range", detail, f"{at}/amount"))
    if not failures and not LEAST_TOTAL <= total_of(lines) <= MOST_TOTAL:
        detail = _("Un total entre 100 et 3 000 000 F.")
        failures.append(FieldError("out_of_range", detail, "/lines"))
    least, most = VALID_DAYS
    if not least <= valid_days <= most:
        detail = _("Entre un et trente jours.")
        failures.append(FieldError("out_of_range", detail, "/valid_days"))
    if starts_at is not None and not now < starts_at <= now + START_WITHIN:
        detail = _("Choisissez un moment des six mois qui viennent.")
        failures.append(FieldError("out_of_range", detail, "/starts_at"))
    if failures:
        raise InvalidInput(errors=failures)


def total_of(lines: Sequence[Line]) -> int:
    """Return the sum of *lines* in francs."""
    return sum(line.amount for line in lines)


def _write(
    request: ServiceRequest,
    provider: User,
    lines: Sequence[Line],
    *,
    revision: int,
    expires_at: datetime,
    note: str,
    starts_at: datetime | None,
    quote_id: UUID | None,
) -> Quote:
    if revision > MOST_REVISIONS:
        raise TooManyRevisions
    quote = Quote(
        id=quote_id or uuid7(),
        request=request,
        provider=provider,
        revision=revision,
        total=total_of(lines),
        note=note,
        starts_at=starts_at,
        expires_at=expires_at,
    )
    insert(quote)
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=quote,
            position=position,
            kind=line.kind,
            label=line.label.strip()[:120],
            amount=line.amount,
        )
        for position, line in enumerate(lines, start=1)
    )
    return quote
