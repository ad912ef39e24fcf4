"""Moving a locked charge along its table, and telling staff what disagrees.

Every function here expects the caller to hold the charge's row lock.
"""

from __future__ import annotations

from datetime import datetime

from payments.gateways.base import ChargeEvidence, EvidenceStatus
from payments.models import CHARGE_STATES, Charge, ChargeStatus
from payments.policies import differences
from payments.services.discrepancies import (
    Difference,
    as_facts,
    keep_in_suspense,
    report_difference,
)

CLASS_OF = {
    "currency": Difference.CURRENCY,
    "amount": Difference.AMOUNT,
    "reference": Difference.REFERENCE,
    "gateway_id": Difference.DUPLICATE,
}
_QUIET = ("next_check_at", "check_requested_at", "unanswered_at")


def review_difference(charge: Charge, evidence: ChargeEvidence, now: datetime) -> None:
    """Take a charge that the gateway describes otherwise out of every automatic way."""
    found = differences(charge, evidence)
    if evidence.status.was_paid:
        keep_in_suspense(
            gateway=charge.gateway, evidence=evidence, charge=None, now=now
        )
    if charge.status != ChargeStatus.IN_REVIEW:
        move_charge(charge, "review", now=now, reason=", ".join(found))
    report_about(CLASS_OF[found[0]], charge, evidence, now)


def remember_sent(charge: Charge, evidence: ChargeEvidence, now: datetime) -> None:
    """Catch up with the gateway when we died between its answer and our commit."""
    if charge.gateway_id != evidence.gateway_id:
        charge.gateway_id = evidence.gateway_id
        if charge.status != ChargeStatus.CREATED:
            charge.save(update_fields={"gateway_id"})
    if charge.status == ChargeStatus.CREATED:
        charge.next_action = Charge.NextAction.APPROVE_ON_PHONE
        CHARGE_STATES.apply(
            charge,
            "send",
            who="system",
            actor_id=None,
            now=now,
            reason="found at the gateway",
            update_fields=("gateway_id", "next_action"),
        )


def move_charge(
    charge: Charge, action: str, *, now: datetime, reason: str = ""
) -> None:
    """Take a step out of the open states: nothing is awaited or asked any more."""
    for name in _QUIET:
        setattr(charge, name, None)
    charge.next_action = Charge.NextAction.NONE
    CHARGE_STATES.apply(
        charge,
        action,
        who="system",
        actor_id=None,
        now=now,
        reason=reason,
        update_fields=(
            *_QUIET,
            "next_action",
            "failure_code",
            "gateway_id",
            "captured_amount",
            "captured_at",
            "provider_fee",
        ),
    )


def report_about(
    difference: Difference, charge: Charge, evidence: ChargeEvidence, now: datetime
) -> None:
    """Open a case that sets our row beside what the gateway said."""
    report_difference(
        difference,
        subject=f"charge:{charge.pk}",
        evidence={
            "ours": {
                "reference": charge.reference,
                "amount": charge.amount,
                "currency": charge.currency,
                "status": charge.status,
                "fee": charge.provider_fee,
            },
            "gateway": as_facts(charge.gateway, evidence),
        },
        now=now,
    )


def report_refund(charge: Charge, evidence: ChargeEvidence, now: datetime) -> None:
    """Open a case when the gateway gave money back and we know of no refund."""
    if evidence.status in (EvidenceStatus.REFUNDED, EvidenceStatus.PARTLY_REFUNDED):
        report_about(Difference.REFUND, charge, evidence, now)
