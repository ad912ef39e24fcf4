"""Giving money to rent periods: the oldest debt first, or the period that was named."""

from __future__ import annotations

from datetime import datetime

from lokahome.core.events.outbox import append
from properties.events import RentPeriodPaid
from properties.models import Lease, RentAllocation, RentPayment, RentPeriod
from properties.models.rent import RENT_PERIOD_STATES


def allocate(lease: Lease, payment: RentPayment, *, amount: int, now: datetime) -> int:
    """Give up to *amount* of *payment* to what the locked *lease* owes; return the rest.

    The period that the payer named comes first, then the oldest debt. Emits
    RentPeriodPaid for each period whose balance reaches zero.
    """
    owed = list(lease.rent_periods.owed().select_for_update(no_key=True))
    owed.sort(key=lambda period: period.pk != payment.named_period_id)
    rest = amount
    for period in owed:
        if rest == 0:
            break
        rest -= _give(lease, payment, period, rest, now)
    return rest


def _give(
    lease: Lease, payment: RentPayment, period: RentPeriod, rest: int, now: datetime
) -> int:
    part = min(rest, period.balance.amount)
    RentAllocation(charge_id=payment.charge_id, period=period, amount=part).save()
    period.paid += part
    is_whole = period.paid == period.amount
    if is_whole:
        period.paid_at = now
    RENT_PERIOD_STATES.apply(
        period,
        "pay_off" if is_whole else "pay_part",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("paid", "paid_at"),
    )
    if is_whole:
        append(
            RentPeriodPaid(
                lease_id=lease.pk,
                landlord_id=lease.landlord_id,
                tenant_id=lease.tenant_id,
                period_id=period.pk,
                charge_id=payment.charge_id,
            )
        )
    return part


def allocate_credit(lease: Lease, *, now: datetime) -> None:
    """Give waiting credit of the locked *lease* to what it owes now, oldest first."""
    waiting = lease.rent_payments.filter(credit__gt=0).order_by("id")
    for payment in waiting.select_for_update(no_key=True):
        rest = allocate(lease, payment, amount=payment.credit, now=now)
        if rest == payment.credit:
            return
        payment.credit = rest
        payment.save(update_fields={"credit"})
