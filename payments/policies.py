"""Pure rules about payments: what may be asked, what a payer is told, who may act."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy

from lokahome.core.money import Money
from payments.gateways.base import ChargeEvidence, PayoutEvidence
from payments.models.charge import Charge
from payments.models.charge_states import ChargeStatus
from payments.models.transfer import REFUND_WITHOUT_CHECKER, Transfer

AMOUNT_LIMITS = {"XOF": (100, 3_000_000)}
"""Least and most francs of one mobile-money charge in Benin (MTN and Moov bounds quoted
by integrators of FedaPay; the gateway's own refusal remains the last word)."""

START_WINDOW = timedelta(minutes=30)
"""How long after the request a payer may still be prompted for the first time."""

LARGEST_TRANSFER = {"XOF": 1_000_000}
"""Most francs of one payout of FedaPay (docs "payouts"); larger sums go in parts."""

SEND_WINDOW = timedelta(hours=24)
"""How long after the approval the gateway is still asked to send a transfer."""

PROPOSE_TRANSFER = "payments.propose_transfer"
APPROVE_TRANSFER = "payments.approve_transfer"

PAID, NOT_CHARGED, BEING_CHECKED = "paid", "not_charged", "being_checked"
PARTIALLY_REFUNDED, REFUNDED = "partially_refunded", "refunded"
PAYMENT_STATUSES = (
    *ChargeStatus.choices,
    (PARTIALLY_REFUNDED, gettext_lazy("Remboursé en partie")),
    (REFUNDED, gettext_lazy("Remboursé")),
)
"""A charge's states as apps see them: what went back is told by the refunds' rows."""


def is_within_limits(amount: Money) -> bool:
    """True when one charge may take *amount*."""
    least, most = AMOUNT_LIMITS.get(amount.currency, (1, 0))
    return least <= amount.amount <= most


def payment_status(charge: Charge, refunded: int) -> str:
    """Return the state that apps see of *charge*, of which *refunded* went back."""
    if charge.status != ChargeStatus.SUCCEEDED or not refunded:
        return charge.status
    return REFUNDED if refunded >= charge.amount else PARTIALLY_REFUNDED


def payer_message(status: str) -> str:
    """Return the one thing a payer is told: paid, not_charged or being_checked.

    Never "not charged" while the gateway may still take the money, never "paid" before
    the ledger holds it.
    """
    if status in (ChargeStatus.SUCCEEDED, ChargeStatus.WON):
        return PAID
    if status in (
        ChargeStatus.FAILED,
        ChargeStatus.EXPIRED,
        ChargeStatus.REVERSED,
        ChargeStatus.LOST,
    ):
        return NOT_CHARGED
    return BEING_CHECKED


POLL_AFTER = ((timedelta(minutes=2), 3), (timedelta(minutes=15), 10))
"""How often an app may look at an open payment of this age, in seconds; then 60."""


def poll_after_seconds(charge: Charge, *, now: datetime) -> int:
    """Return how long an app should wait before it looks again; 0 when it is over."""
    if payer_message(charge.status) != BEING_CHECKED:
        return 0
    age = now - charge.created_at
    return next((seconds for limit, seconds in POLL_AFTER if age < limit), 60)


def differences(charge: Charge, evidence: ChargeEvidence) -> list[str]:
    """Return what the gateway says otherwise than our row: names, worst first.

    Of ``currency``, ``amount``, ``reference``, ``gateway_id``; empty when it agrees.
    A payer may be debited more than the amount (who bears the fee is the gateway's
    setting), never less.
    """
    found = []
    if evidence.currency != charge.currency:
        found.append("currency")
    short = (
        evidence.status.was_paid
        and evidence.payer_debited is not None
        and evidence.payer_debited < charge.amount
    )
    if evidence.amount != charge.amount or short:
        found.append("amount")
    if evidence.reference != charge.reference:
        found.append("reference")
    if charge.gateway_id and evidence.gateway_id != charge.gateway_id:
        found.append("gateway_id")
    return found


def amount_taken(evidence: ChargeEvidence) -> int:
    """Return what left the payer's wallet, a fee on top not counted."""
    if evidence.payer_debited is None:
        return evidence.amount
    return min(evidence.amount, evidence.payer_debited) or evidence.amount


def fee_we_bear(amount: int, evidence: ChargeEvidence) -> int:
    """Return the francs of the gateway's fee that reduce what it owes us.

    Zero when the payer was debited the fee on top of *amount*, or when the fee is not
    known yet.
    """
    if evidence.fee is None:
        return 0
    if evidence.net is not None and 0 <= amount - evidence.net <= evidence.fee:
        return amount - evidence.net
    if evidence.payer_debited == amount + evidence.fee:
        return 0
    return evidence.fee


def payout_differences(transfer: Transfer, evidence: PayoutEvidence) -> list[str]:
    """Return what the gateway says otherwise than our row, as `differences` does."""
    pairs = {
        "currency": (evidence.currency, transfer.currency),
        "amount": (evidence.amount, transfer.amount),
        "reference": (evidence.reference, transfer.reference),
        "gateway_id": (evidence.gateway_id, transfer.gateway_id or evidence.gateway_id),
    }
    return [name for name, (theirs, ours) in pairs.items() if theirs != ours]


def may_act_on_transfers(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], needed: str
) -> bool:
    """True when somebody on the staff holds the permission *needed*."""
    return is_active and is_staff and needed in permissions


def needs_checker(total: Money, *, proposed_by_id: UUID | None) -> bool:
    """True unless the system's own rules propose to give back a small sum."""
    return proposed_by_id is not None or total.amount > REFUND_WITHOUT_CHECKER


def in_parts(total: Money) -> list[Money]:
    """Split *total* into sums that one transfer may carry, the largest first."""
    most = LARGEST_TRANSFER[total.currency]
    whole, rest = divmod(total.amount, most)
    amounts = [most] * whole + ([rest] if rest else [])
    return [Money(amount, total.currency) for amount in amounts]
