"""Maintenance tickets: telling what is broken, deciding who pays, and the repair."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, NotAllowed, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.limits import take
from lokahome.core.money import Money
from properties.events import TicketDecided, TicketOpened, TicketResolved
from properties.models import Lease, Ticket
from properties.models.tickets import TICKET_STATES
from properties.policies import may_open_ticket, roles_on_ticket
from properties.services.inserting import insert
from properties.services.moderation import ReasonMissing

TICKETS_A_DAY = 20


class LeaseNotRunning(StateConflict):
    """Only a running lease takes maintenance tickets."""

    code = "ticket.lease_not_running"
    title = gettext_lazy("Ce bail n’est pas en cours")


class WorkUnderWay(StateConflict):
    """Something else repairs it already."""

    code = "ticket.work_under_way"
    title = gettext_lazy("Des travaux sont déjà en cours pour cette demande")


@transaction.atomic
def open_ticket(
    *,
    lease_id: UUID,
    person: User,
    category_slug: str,
    title: str,
    description: str,
    now: datetime,
    urgency: str = Ticket.Urgency.NORMAL,
    ticket_id: UUID | None = None,
) -> Ticket:
    """Tell that something is broken, as a party of a running lease.

    *category_slug* names a category of services. Raises NotFound for strangers,
    LeaseNotRunning, RateLimited beyond TICKETS_A_DAY of one person, IdTaken. Locks the
    lease, so that it does not end meanwhile. Emits TicketOpened.
    """
    lease = locked(Lease.objects.visible_to(person), lease_id)
    if not may_open_ticket(person, lease):
        raise LeaseNotRunning
    day = timedelta(days=1)
    take("tickets", str(person.pk), limit=TICKETS_A_DAY, window=day, now=now)
    ticket = Ticket(
        id=ticket_id or uuid7(),
        lease=lease,
        landlord_id=lease.landlord_id,
        tenant_id=lease.tenant_id,
        opened_by=person,
        category_slug=category_slug,
        title=title,
        description=description,
        urgency=urgency,
        currency=lease.currency,
    )
    insert(ticket)
    append(TicketOpened(**ids_of(ticket)))
    return ticket


@transaction.atomic
def decide_ticket(
    *, ticket_id: UUID, landlord: User, payer: str, reason: str, now: datetime
) -> Ticket:
    """Decide who pays, as the landlord; the same decision again changes nothing.

    Until work begins a landlord may still take over what was the tenant's to pay, never
    the other way round. Raises NotFound, NotAllowed for the tenant, ReasonMissing,
    TransitionRefused. Locks the ticket. Emits TicketDecided.
    """
    ticket = locked(Ticket.objects.visible_to(landlord), ticket_id)
    if "landlord" not in roles_on_ticket(landlord, ticket):
        raise NotAllowed(_("Seul le propriétaire dit qui paie."))
    if ticket.payer == payer and ticket.status != Ticket.Status.CLOSED:
        return ticket
    action = "revise" if payer == Ticket.Payer.LANDLORD and ticket.payer else "decide"
    name_payer(
        ticket,
        action,
        payer=payer,
        reason=said(reason),
        who="landlord",
        actor_id=landlord.pk,
        now=now,
    )
    return ticket


def name_payer(
    ticket: Ticket,
    action: str,
    *,
    payer: str,
    reason: str,
    who: str,
    actor_id: UUID,
    now: datetime,
) -> None:
    """Write *payer* on the locked *ticket*, and tell it. Emits TicketDecided."""
    ticket.payer = payer
    ticket.decision_reason = reason
    ticket.decided_at = now
    TICKET_STATES.apply(
        ticket,
        action,
        who=who,
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=("payer", "decision_reason", "decided_at"),
    )
    append(TicketDecided(**ids_of(ticket), payer=payer))


@transaction.atomic
def begin_ticket(*, ticket_id: UUID, subject_ref: str, now: datetime) -> Ticket:
    """Note what repairs it (``"service_request:<uuid>"``); the same again changes nothing.

    Raises NotFound, WorkUnderWay when something else does, TransitionRefused. Locks the
    ticket.
    """
    ticket = locked(Ticket.objects.all(), ticket_id)
    if ticket.work_ref:
        if ticket.work_ref != subject_ref:
            raise WorkUnderWay
        return ticket
    ticket.work_ref = subject_ref
    _work(ticket, "begin", now, "work_ref")
    return ticket


@transaction.atomic
def release_ticket(*, ticket_id: UUID, subject_ref: str, now: datetime) -> Ticket:
    """Take *subject_ref* off again: it was cancelled, and another may repair it.

    Changes nothing when something else repairs it, or nothing does. Locks the ticket.
    """
    ticket = locked(Ticket.objects.all(), ticket_id)
    under_way = ticket.status == Ticket.Status.IN_PROGRESS
    if under_way and ticket.work_ref == subject_ref:
        ticket.work_ref = ""
        _work(ticket, "release", now, "work_ref")
    return ticket


@transaction.atomic
def resolve_ticket(
    *, ticket_id: UUID, cost: Money, subject_ref: str, now: datetime
) -> Ticket:
    """Note that *subject_ref* repaired it, and for how much; again changes nothing.

    *cost* is what the payer paid in the end, refunds taken off. Raises NotFound,
    WorkUnderWay when something else repairs it, TransitionRefused. Locks the ticket.
    Emits TicketResolved.
    """
    ticket = locked(Ticket.objects.all(), ticket_id)
    if ticket.work_ref and ticket.work_ref != subject_ref:
        raise WorkUnderWay
    if ticket.status == Ticket.Status.RESOLVED:
        return ticket
    ticket.cost = cost.amount
    ticket.currency = cost.currency
    ticket.resolved_at = now
    _work(ticket, "resolve", now, "cost", "currency", "resolved_at")
    append(
        TicketResolved(
            **ids_of(ticket),
            payer=ticket.payer,
            cost=cost.amount,
            currency=cost.currency,
        )
    )
    return ticket


@transaction.atomic
def close_ticket(
    *, ticket_id: UUID, person: User, reason: str, now: datetime
) -> Ticket:
    """Close a ticket without work, as who opened it: it was mended, or was nothing.

    Raises NotFound, NotAllowed for the other party, ReasonMissing, TransitionRefused.
    Locks the ticket.
    """
    ticket = locked(Ticket.objects.visible_to(person), ticket_id)
    if "opener" not in roles_on_ticket(person, ticket):
        raise NotAllowed
    ticket.close_reason = said(reason)
    TICKET_STATES.apply(
        ticket,
        "close",
        who="opener",
        actor_id=person.pk,
        now=now,
        reason=ticket.close_reason,
        update_fields=("close_reason",),
    )
    return ticket


def said(reason: str) -> str:
    """Return *reason* without the spaces around it; raises ReasonMissing."""
    reason = reason.strip()[:500]
    if not reason:
        detail = _("Donnez un motif.")
        raise ReasonMissing(
            errors=[FieldError("decision.reason_missing", detail, "/reason")]
        )
    return reason


def ids_of(ticket: Ticket) -> dict[str, UUID]:
    """Return whom and what every fact about *ticket* names."""
    return {
        "ticket_id": ticket.pk,
        "lease_id": ticket.lease_id,
        "landlord_id": ticket.landlord_id,
        "tenant_id": ticket.tenant_id,
        "opened_by_id": ticket.opened_by_id,
    }


def _work(ticket: Ticket, action: str, now: datetime, *fields: str) -> None:
    TICKET_STATES.apply(
        ticket, action, who="system", actor_id=None, now=now, update_fields=fields
    )
