"""Steps of quotes that follow from what became of their request."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from lokahome.core.events.outbox import append
from marketplace.events import QuoteDeclined
from marketplace.models import Quote, ServiceRequest
from marketplace.models.quotes import QUOTE_STATES


def step(
    quote: Quote,
    action: str,
    *,
    who: str,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Move the locked *quote*, which is decided by this."""
    quote.decided_at = now
    QUOTE_STATES.apply(
        quote,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=("decided_at",),
    )


def end_quotes_of(
    request: ServiceRequest, action: str, *, now: datetime, but: UUID | None = None
) -> None:
    """Decline or expire what waits for an answer on the locked *request*.

    *but* is the quote that was accepted. Locks the quotes; emits QuoteDeclined for each
    that is declined.
    """
    waiting = request.quotes.waiting().order_by("id")
    if but is not None:
        waiting = waiting.exclude(pk=but)
    for quote in waiting.select_for_update(no_key=True, of=("self",)):
        step(quote, action, who="system", actor_id=None, now=now)
        if action == "decline":
            append(QuoteDeclined(**ids_of(quote, request)))


def ids_of(quote: Quote, request: ServiceRequest) -> dict[str, Any]:
    """Return whom and what every fact about *quote* names."""
    return {
        "quote_id": quote.pk,
        "request_id": request.pk,
        "requester_id": request.requester_id,
        "provider_id": quote.provider_id,
    }
