"""Paying rent: asking for a charge, and applying it once the money was taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotAllowed, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.limits import take
from lokahome.core.money import Money
from lokahome.core.phones import guess_operator
from payments.models import Charge
from payments.services.charges import request_charge
from properties.events import RentPaid
from properties.models import Lease, RentPayment, RentPeriod
from properties.policies import roles_on_lease
from properties.services.allocations import allocate

OPERATORS = ("mtn", "moov", "celtiis")
MONTHS_AHEAD = 12
PROMPTS_AN_HOUR = 20
"""Most payments asked of one wallet: anybody's may be named, and each rings its phone."""
SUBJECT = "lease:"


class RentNotPayable(StateConflict):
    """The lease is not running, or nothing is owed and no amount was given."""

    code = "rent.nothing_owed"
    title = gettext_lazy("Aucun loyer n’est dû")


@transaction.atomic
def pay_rent(
    *,
    lease_id: UUID,
    payer: User,
    now: datetime,
    amount: Money | None = None,
    period_id: UUID | None = None,
    operator: str | None = None,
    phone: str | None = None,
    payment_id: UUID | None = None,
) -> Charge:
    """Ask the tenant's wallet for rent; return the charge, in state ``created``.

    *amount* is by default what the named period, else all open periods, still owe; up
    to MONTHS_AHEAD rents beyond that may be paid ahead. *phone* (E.164) is by default the
    payer's own, *operator* is guessed from it. Nothing is called here: a gateway lane
    starts the charge. Raises NotFound, NotAllowed for the landlord, RentNotPayable,
    InvalidInput with every pointer, RateLimited beyond PROMPTS_AN_HOUR for one wallet.
    Locks the lease.
    """
    lease = locked(Lease.objects.visible_to(payer), lease_id)
    if "tenant" not in roles_on_lease(payer, lease):
        raise NotAllowed(_("Seul le locataire paie ce loyer."))
    if lease.status not in Lease.RUNNING_STATES:
        raise RentNotPayable(_("Ce bail n’est pas en cours."))
    period, failures = _named_period(lease, period_id)
    wallet = phone or payer.phone or ""
    if not wallet:
        detail = _("Indiquez le numéro qui paie.")
        failures.append(FieldError("rent.phone_missing", detail, "/phone"))
    chosen = operator or guess_operator(wallet)
    if wallet and chosen not in OPERATORS:
        detail = _("Choisissez l’opérateur de ce numéro.")
        failures.append(FieldError("rent.operator_unknown", detail, "/operator"))
    owed = _owed(lease, period)
    asked = amount or Money(owed, lease.currency)
    if asked.amount > owed + MONTHS_AHEAD * lease.rent:
        detail = _("Au plus douze loyers d’avance.")
        failures.append(FieldError("rent.amount_too_high", detail, "/amount"))
    if failures:
        raise InvalidInput(errors=failures)
    if asked.amount <= 0 or chosen is None:
        raise RentNotPayable
    charge = request_charge(
        payer_id=payer.pk,
        payee_id=lease.landlord_id,
        amount=asked,
        subject=f"{SUBJECT}{lease.pk}",
        operator=chosen,
        payer_phone=wallet,
        description=_("Loyer"),
        now=now,
        charge_id=payment_id,
    )
    if not RentPayment.objects.filter(charge_id=charge.pk).exists():
        # Inside the transaction: what is refused was not asked, and counts nowhere.
        hour = timedelta(hours=1)
        rung = charge.payer_phone
        take("rent.prompts", rung, limit=PROMPTS_AN_HOUR, window=hour, now=now)
        RentPayment(
            charge_id=charge.pk,
            lease=lease,
            named_period=period,
            payer_id=payer.pk,
            amount=asked.amount,
            currency=asked.currency,
        ).save()
    return charge


def _named_period(
    lease: Lease, period_id: UUID | None
) -> tuple[RentPeriod | None, list[FieldError]]:
    if period_id is None:
        return None, []
    period = lease.rent_periods.filter(pk=period_id).first()
    if period is not None and period.status in RentPeriod.OWED_STATES:
        return period, []
    detail = _("Cette période n’est pas à payer.")
    return None, [FieldError("rent.period_not_owed", detail, "/period_id")]


def _owed(lease: Lease, period: RentPeriod | None) -> int:
    if period is not None:
        return period.balance.amount
    owed = lease.rent_periods.owed().aggregate(sum=Sum(F("amount") - F("paid")))
    return int(owed["sum"] or 0)


def lease_of(subject: str) -> UUID | None:
    """Return the lease that a charge's *subject* names, or None when it is another's."""
    return UUID(subject.removeprefix(SUBJECT)) if subject.startswith(SUBJECT) else None


@transaction.atomic
def apply_rent_payment(
    *,
    charge_id: UUID,
    lease_id: UUID,
    payer_id: UUID,
    amount: Money,
    captured_at: datetime,
) -> RentPayment:
    """Apply a settled charge to its lease, once: a second call changes nothing.

    Allocates to the named period, then to the oldest debt; what is left is credit for
    the next period. Applies whatever the lease's state: money that was taken counts.
    Locks the lease, then the payment. Emits RentPaid, and RentPeriodPaid for each period
    that is whole now.
    """
    lease = locked(Lease.objects.all(), lease_id)
    payment = _payment_of(charge_id, lease, payer_id, amount)
    if payment.applied_at is not None:
        return payment
    payment.applied_at = captured_at
    payment.captured = amount.amount
    payment.credit = allocate(lease, payment, amount=amount.amount, now=captured_at)
    payment.save(update_fields={"applied_at", "captured", "credit"})
    append(
        RentPaid(
            lease_id=lease.pk,
            landlord_id=lease.landlord_id,
            tenant_id=lease.tenant_id,
            charge_id=charge_id,
            payer_id=payer_id,
            amount=amount.amount,
            currency=amount.currency,
            allocated=amount.amount - payment.credit,
            credit=payment.credit,
        )
    )
    return payment


def _payment_of(
    charge_id: UUID, lease: Lease, payer_id: UUID, amount: Money
) -> RentPayment:
    known = RentPayment.objects.select_for_update(no_key=True)
    payment = known.filter(charge_id=charge_id).first()
    if payment is not None:
        return payment
    # A charge made another way (a cash record, staff) names its lease and no period.
    payment = RentPayment(
        charge_id=charge_id,
        lease=lease,
        payer_id=payer_id,
        amount=amount.amount,
        currency=amount.currency,
    )
    payment.save()
    return payment
