"""What a gateway's answer does to a charge. The one place where money is recognised.

Every way in (webhook, poll, return page, reconciliation, staff) ends here, after the
gateway itself was asked; see `payments.services.confirming`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from payments.events import ChargeSettled
from payments.gateways.base import ChargeEvidence
from payments.models import Charge, ChargeStatus, JournalEntry
from payments.models.chart import (
    ESCROW,
    GATEWAY_CLEARING,
    GATEWAY_FEES,
    PAYEE_PAYABLE,
)
from payments.policies import differences, fee_we_bear
from payments.services.discrepancies import (
    Difference,
    keep_in_suspense,
    release_from_suspense,
)
from payments.services.escrow import hold
from payments.services.ledger import Leg, leg, post_entry
from payments.services.moving import (
    CLASS_OF,
    move_charge,
    remember_sent,
    report_about,
    report_refund,
    review_difference,
)

declare(
    "settle.locked",
    "settle.after_ledger",
    "settle.before_commit",
    "settle.after_commit",
)


def settle_charge(
    *, charge_id: UUID, evidence: ChargeEvidence, now: datetime
) -> Charge:
    """Recognise money that the gateway says it took; return the charge.

    Locks the charge. Already captured: posts a fee that was not known yet, nothing
    else. Evidence that differs from our row in amount, currency, reference or gateway
    id never succeeds: the charge goes to ``in_review``, the money to suspense, a case
    opens. Otherwise posts the capture (and the fee, once reported), moves the charge to
    ``succeeded`` and publishes ChargeSettled. Must not run inside a transaction.
    """
    if not evidence.status.was_paid:
        raise ValueError("only evidence of a payment settles")
    with transaction.atomic(durable=True):
        charge = locked(Charge.objects.all(), charge_id)
        failpoint("settle.locked")
        if charge.is_captured:
            _look_again(charge, evidence, now)
        elif differences(charge, evidence):
            review_difference(charge, evidence, now)
        else:
            _capture(charge, evidence, now)
        failpoint("settle.before_commit")
    failpoint("settle.after_commit")
    return charge


def _capture(charge: Charge, evidence: ChargeEvidence, now: datetime) -> None:
    was_told_unpaid = charge.status in (ChargeStatus.FAILED, ChargeStatus.EXPIRED)
    remember_sent(charge, evidence, now)
    captured_at = evidence.approved_at or now
    if charge.escrow_id is not None:
        hold(charge.escrow_id, now=now)
    release_from_suspense(charge, gateway_reference=evidence.gateway_id, now=now)
    post_entry(
        kind=JournalEntry.Kind.CAPTURE,
        legs=(
            leg(
                GATEWAY_CLEARING,
                evidence.amount,
                evidence.currency,
                gateway=charge.gateway,
            ),
            _owed(charge, evidence),
        ),
        gateway=charge.gateway,
        gateway_reference=evidence.gateway_id,
        charge_id=charge.pk,
        occurred_at=captured_at,
    )
    _post_fee(charge, evidence, occurred_at=captured_at)
    failpoint("settle.after_ledger")
    charge.captured_amount = evidence.amount
    charge.captured_at = captured_at
    charge.gateway_id = evidence.gateway_id
    charge.failure_code = ""
    move_charge(charge, "settle", now=now)
    append(
        ChargeSettled(
            charge_id=charge.pk,
            subject_ref=charge.subject,
            payer_id=charge.payer_id,
            payee_id=charge.payee_id,
            amount=evidence.amount,
            currency=evidence.currency,
            captured_at=captured_at,
            late=was_told_unpaid,
        )
    )
    if was_told_unpaid:
        # The payer was told "not charged" and may have paid a second time since.
        report_about(Difference.LATE, charge, evidence, now)
    report_refund(charge, evidence, now)


def _owed(charge: Charge, evidence: ChargeEvidence) -> Leg:
    """Return the credit: held for the charge's escrow, or the payee's at once."""
    code, party_id = PAYEE_PAYABLE, charge.payee_id
    if charge.escrow_id is not None:
        code, party_id = ESCROW, charge.escrow_id
    return leg(code, -evidence.amount, evidence.currency, party_id=party_id)


def _look_again(charge: Charge, evidence: ChargeEvidence, now: datetime) -> None:
    found = differences(charge, evidence)
    if found:
        # The capture stands; a second transaction under our reference is other money.
        if "gateway_id" in found:
            keep_in_suspense(
                gateway=charge.gateway, evidence=evidence, charge=None, now=now
            )
        report_about(CLASS_OF[found[0]], charge, evidence, now)
        return
    if charge.provider_fee is None and evidence.fee is not None:
        _post_fee(charge, evidence, occurred_at=now)
        charge.save(update_fields={"provider_fee"})
    elif evidence.fee is not None and evidence.fee != charge.provider_fee:
        report_about(Difference.FEE, charge, evidence, now)
    report_refund(charge, evidence, now)


def _post_fee(
    charge: Charge, evidence: ChargeEvidence, *, occurred_at: datetime
) -> None:
    if evidence.fee is None:
        return
    charge.provider_fee = evidence.fee
    borne = fee_we_bear(charge.amount, evidence)
    if not borne:
        return
    fees, clearing = (
        leg(code, amount, evidence.currency, gateway=charge.gateway)
        for code, amount in ((GATEWAY_FEES, borne), (GATEWAY_CLEARING, -borne))
    )
    post_entry(
        kind=JournalEntry.Kind.GATEWAY_FEE,
        legs=(fees, clearing),
        gateway=charge.gateway,
        gateway_reference=evidence.gateway_id,
        charge_id=charge.pk,
        occurred_at=occurred_at,
    )
