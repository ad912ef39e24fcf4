"""A tenant who is told to pay may ask the platform who should."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Case, User
from accounts.services.moderation.cases import decide_case, open_case
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, StateConflict
from properties.models import Ticket
from properties.models.tickets import TICKET_STATES
from properties.policies import may_contest_payer, roles_on_ticket
from properties.services.tickets import name_payer, said

KIND = "ticket_payer"


@transaction.atomic
def contest_payer(
    *, ticket_id: UUID, tenant: User, reason: str, now: datetime
) -> Ticket:
    """Contest having to pay, once a ticket; opens a case. Again changes nothing.

    The ticket goes on meanwhile: a leak does not wait. Raises NotFound, NotAllowed for
    the landlord, ReasonMissing, StateConflict unless the tenant is to pay and no work
    has begun. Locks the ticket; publishes CaseOpened.
    """
    ticket = locked(Ticket.objects.visible_to(tenant), ticket_id)
    roles = roles_on_ticket(tenant, ticket)
    if "tenant" not in roles:
        raise NotAllowed
    if ticket.contested_at is not None:
        return ticket
    if not may_contest_payer(tenant, ticket):
        actions = TICKET_STATES.allowed_actions(ticket.status, roles)
        raise StateConflict(allowed_actions=actions)
    ticket.contest_reason = said(reason)
    ticket.contested_at = now
    ticket.save(update_fields={"contest_reason", "contested_at"})
    open_case(
        kind=KIND,
        queue=Case.Queue.DISPUTES,
        subject=f"ticket:{ticket.pk}",
        title="Payeur d’une réparation contesté",
        evidence={
            "ticket_id": str(ticket.pk),
            "lease_id": str(ticket.lease_id),
            "category": ticket.category_slug,
            "urgency": ticket.urgency,
            "payer": ticket.payer,
        },
        now=now,
    )
    return ticket


@transaction.atomic
def settle_contest(
    *, ticket_id: UUID, payer: str, reason: str, actor: User, now: datetime
) -> Ticket:
    """Say who pays, as staff, and decide the case with it.

    Raises NotFound, NotAllowed without the permission or for a party of the lease,
    ReasonMissing, StateConflict when no case is open, TransitionRefused once work has
    begun and *payer* is another. Locks the ticket, then
    the case. Emits TicketDecided when the payer changes; publishes CaseDecided.
    """
    ticket = locked(Ticket.objects.all(), ticket_id)
    if roles_on_ticket(actor, ticket):
        raise NotAllowed(_("Vous êtes partie à ce litige."))
    case = contest_of(ticket)
    if case is None:
        raise StateConflict
    decide_case(
        case_id=case.pk,
        decision=f"payer_{payer}",
        reason=reason,
        actor=actor,
        now=now,
    )
    if payer != ticket.payer:
        name_payer(
            ticket,
            "revise",
            payer=payer,
            reason=said(reason),
            who="staff",
            actor_id=actor.pk,
            now=now,
        )
    return ticket


def contest_of(ticket: Ticket) -> Case | None:
    """Return the open case about who pays for *ticket*, or None."""
    cases = Case.objects.open().filter(kind=KIND, subject=f"ticket:{ticket.pk}")
    return cases.first()
