"""Rows of money that is to go out: who receives, how much, through which wallet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.queries.people import phone_of
from lokahome.core.errors import StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.money import Money
from lokahome.core.phones import guess_operator
from payments.events import TransferProposed
from payments.gateways.base import EvidenceStatus
from payments.models import (
    TRANSFER_STATES,
    Charge,
    Escrow,
    GatewayCall,
    Refund,
    Transfer,
)
from payments.policies import in_parts, needs_checker
from payments.services.charges import new_reference
from payments.services.reserving import reserve
from payments.services.routing import pick_gateway


class NoWallet(StateConflict):
    """The receiver has no number whose mobile-money operator is known."""

    code = "transfer.no_wallet"

    def default_detail(self) -> str:
        return _("Le bénéficiaire n’a pas de numéro mobile money connu.")


def new_payout(
    *, escrow: Escrow, amount: Money, proposed_by_id: UUID, now: datetime
) -> Transfer:
    """Return a new payout of *amount* to the payee's current number, proposed.

    Expects the escrow locked. Raises NoWallet; publishes TransferProposed.
    """
    phone = phone_of(escrow.payee_id)
    operator = guess_operator(phone) if phone else None
    if phone is None or operator is None:
        raise NoWallet
    transfer = Transfer(
        reference=new_reference("LP"),
        kind=Transfer.Kind.PAYOUT,
        subject=escrow.subject,
        party_id=escrow.payee_id,
        escrow=escrow,
        amount=amount.amount,
        currency=amount.currency,
        gateway=pick_gateway(operator=operator, currency=amount.currency),
        operator=operator,
        phone=phone,
        proposed_by_id=proposed_by_id,
        proposed_at=now,
        created_at=now,
    )
    return _save(transfer)


def new_refunds(
    *,
    escrow: Escrow,
    amount: Money,
    charges: list[Charge],
    proposed_by_id: UUID | None,
    reason: str,
    now: datetime,
) -> list[Transfer]:
    """Return new refunds that give *amount* of *charges* back, each to its own wallet.

    Expects the escrow locked. Takes the charges in their order, none beyond what is
    left of it. Small sums that the system proposes (None) are approved by it and
    reserved at once, unless the gateway says that it gave some back by itself. Raises
    ValueError when the charges do not hold *amount*; publishes TransferProposed for
    each.
    """
    left, parts = amount, []
    for charge in charges:
        room = (charge.captured_amount or 0) - _given_back(charge)
        share = Money(min(room, left.amount), left.currency)
        if share.amount <= 0:
            continue
        left -= share
        parts += [(charge, part) for part in in_parts(share)]
    if left:
        raise ValueError(f"{left.amount} more than the charges hold")
    refunds = [
        _save(_refund_of(charge, part, escrow, proposed_by_id, reason, now))
        for charge, part in parts
    ]
    by_rule = not needs_checker(amount, proposed_by_id=proposed_by_id)
    if by_rule and not _was_given_back_there(charges):
        for refund in refunds:
            approve_by_rule(refund, escrow, now=now)
    return refunds


def approve_by_rule(refund: Transfer, escrow: Escrow, *, now: datetime) -> None:
    """Approve a small refund in the system's name and reserve its money."""
    refund.approved_at = now
    TRANSFER_STATES.apply(
        refund,
        "approve",
        who="system",
        actor_id=None,
        now=now,
        reason=refund.reason,
        update_fields=("approved_at",),
    )
    reserve(refund, escrow, now=now)


def _refund_of(
    charge: Charge,
    part: Money,
    escrow: Escrow,
    proposed_by_id: UUID | None,
    reason: str,
    now: datetime,
) -> Transfer:
    return Transfer(
        reference=new_reference("LR"),
        kind=Transfer.Kind.REFUND,
        subject=escrow.subject,
        party_id=charge.payer_id,
        escrow=escrow,
        charge=charge,
        amount=part.amount,
        currency=part.currency,
        gateway=charge.gateway,
        operator=charge.operator,
        phone=charge.payer_phone,
        proposed_by_id=proposed_by_id,
        proposed_at=now,
        reason=reason[:500],
        created_at=now,
    )


def _save(transfer: Transfer) -> Transfer:
    transfer.save(force_insert=True)
    append(TransferProposed(transfer_id=transfer.pk, kind=transfer.kind))
    return transfer


def _was_given_back_there(charges: list[Charge]) -> bool:
    """True when the gateway ever said that it gave money of *charges* back itself."""
    given_back = (EvidenceStatus.REFUNDED.value, EvidenceStatus.PARTLY_REFUNDED.value)
    calls = GatewayCall.objects.filter(charge__in=charges)
    return calls.filter(said_status__in=given_back).exists()


def _given_back(charge: Charge) -> int:
    live = Refund.objects.live().filter(charge=charge)
    return int(live.aggregate(sum=Sum("amount", default=0))["sum"])
