"""Accepting a quote: of all, one; and the job that follows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.people.presence import require_present
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append
from marketplace.events import QuoteAccepted
from marketplace.models import Job, ProviderProfile, Quote, ServiceRequest
from marketplace.models.requests import SERVICE_REQUEST_STATES
from marketplace.services.answers import end_quotes_of, ids_of, step


class AlreadyAwarded(StateConflict):
    """Another quote for the request was accepted."""

    code = "quote.already_awarded"
    title = gettext_lazy("Un autre devis a déjà été accepté")


class QuoteTooOld(StateConflict):
    """The quote's time has passed; ask the provider for a new one."""

    code = "quote.too_old"
    title = gettext_lazy("Ce devis n’est plus valable")


class ProviderGone(StateConflict):
    """The provider was suspended, or closed the account, since the quote."""

    code = "quote.provider_gone"
    title = gettext_lazy("Ce prestataire n’exerce plus ici")


@transaction.atomic
def accept_quote(*, quote_id: UUID, requester: User, now: datetime) -> Job:
    """Accept a quote; return its job. Accepting it again returns the same job.

    The other quotes are declined. Raises NotFound, NotAllowed for its own provider,
    AlreadyAwarded, QuoteTooOld, ProviderGone, PersonGone, TransitionRefused. Locks the
    request (so that two acceptances queue), then the quotes; holds both people against
    an erasure. Emits QuoteAccepted, QuoteDeclined for the
    others.
    """
    seen = Quote.objects.visible_to(requester).select_related("request")
    quote = seen.filter(pk=quote_id).first()
    if quote is None:
        raise NotFound
    if quote.request.requester_id != requester.pk:
        raise NotAllowed
    request = locked(ServiceRequest.objects.all(), quote.request_id)
    quote = locked(Quote.objects.all(), quote_id)
    if quote.status == Quote.Status.ACCEPTED:
        return quote.job
    require_present(requester.pk, quote.provider_id)
    if request.status == ServiceRequest.Status.AWARDED:
        raise AlreadyAwarded
    if quote.status == Quote.Status.SENT and quote.expires_at <= now:
        raise QuoteTooOld
    at_work = ProviderProfile.objects.filter(suspended_at=None, person__is_active=True)
    if not at_work.filter(person_id=quote.provider_id).exists():
        raise ProviderGone
    step(quote, "accept", who="requester", actor_id=requester.pk, now=now)
    SERVICE_REQUEST_STATES.apply(
        request, "award", who="requester", actor_id=requester.pk, now=now
    )
    end_quotes_of(request, "decline", now=now, but=quote.pk)
    job = Job(
        request=request,
        quote=quote,
        customer=requester,
        provider_id=quote.provider_id,
        occupant_id=request.occupant_id,
        amount=quote.total,
        currency=quote.currency,
        scheduled_at=quote.starts_at,
    )
    job.save(force_insert=True)
    append(QuoteAccepted(**ids_of(quote, request), job_id=job.pk))
    return job
