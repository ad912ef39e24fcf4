"""Facts of money: payments, payouts, refunds."""

from __future__ import annotations

from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.subscribers.telling import tell, tell_apart
from payments.events import (
    ChargeExpired,
    ChargeFailed,
    PayoutFailed,
    PayoutSucceeded,
    RefundFailed,
    RefundSucceeded,
)
from properties.events import RentPaid


@subscribe(ChargeFailed, lane=NOTIFY)
def tell_charge_failed(event: ChargeFailed) -> None:
    """Tell the payer that nothing was taken."""
    tell(event, "charge_failed", event.payer_id)


@subscribe(ChargeExpired, lane=NOTIFY)
def tell_charge_expired(event: ChargeExpired) -> None:
    """Tell the payer that nothing was taken, for want of an approval."""
    tell(event, "charge_expired", event.payer_id)


@subscribe(RentPaid, lane=NOTIFY)
def tell_rent_paid(event: RentPaid) -> None:
    """Tell the payer and the landlord that the rent came in."""
    tell_apart(
        event,
        ("rent_paid_payer", event.payer_id),
        ("rent_paid_landlord", event.landlord_id),
    )


@subscribe(PayoutSucceeded, lane=NOTIFY)
def tell_payout_sent(event: PayoutSucceeded) -> None:
    """Tell the payee that the money is in their wallet."""
    tell(event, "payout_sent", event.payee_id)


@subscribe(PayoutFailed, lane=NOTIFY)
def tell_payout_failed(event: PayoutFailed) -> None:
    """Tell the payee that the money did not arrive and stays theirs."""
    tell(event, "payout_failed", event.payee_id)


@subscribe(RefundSucceeded, lane=NOTIFY)
def tell_refund_done(event: RefundSucceeded) -> None:
    """Tell the payer that the money came back."""
    tell(event, "refund_done", event.payer_id)


@subscribe(RefundFailed, lane=NOTIFY)
def tell_refund_failed(event: RefundFailed) -> None:
    """Tell the payer that the money is not back yet."""
    tell(event, "refund_failed", event.payer_id)
