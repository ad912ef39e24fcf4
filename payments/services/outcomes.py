"""What ends a charge without money, and what a gateway's answer means for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append
from payments.events import ChargeExpired, ChargeFailed
from payments.gateways.base import ChargeEvidence, EvidenceStatus
from payments.models import CHARGE_STATES, Charge
from payments.policies import differences
from payments.services.discrepancies import Difference, report_difference
from payments.services.moving import (
    move_charge,
    remember_sent,
    report_about,
    review_difference,
)
from payments.services.settlement import settle_charge


def fail_charge(
    *, charge_id: UUID, failure_code: str, now: datetime, gateway_id: str = ""
) -> Charge:
    """Note that the gateway took nothing: ``failed``, provisionally; return the charge.

    Locks the charge; does nothing when it failed or expired already, and nothing but
    return it when it is captured. Publishes ChargeFailed.
    """
    with transaction.atomic():
        charge = locked(Charge.objects.all(), charge_id)
        if "fail" not in CHARGE_STATES.allowed_actions(charge.status, {"system"}):
            return charge
        charge.failure_code = failure_code
        charge.gateway_id = charge.gateway_id or gateway_id
        move_charge(charge, "fail", now=now, reason=failure_code)
        append(
            ChargeFailed(
                charge_id=charge.pk,
                subject_ref=charge.subject,
                payer_id=charge.payer_id,
                failure_code=failure_code,
            )
        )
        return charge


def expire_charge(*, charge_id: UUID, now: datetime, reason: str) -> Charge:
    """Note that nobody approved in time: ``expired``, provisionally; as `fail_charge`.

    Publishes ChargeExpired.
    """
    with transaction.atomic():
        charge = locked(Charge.objects.all(), charge_id)
        if "expire" not in CHARGE_STATES.allowed_actions(charge.status, {"system"}):
            return charge
        move_charge(charge, "expire", now=now, reason=reason)
        append(
            ChargeExpired(
                charge_id=charge.pk,
                subject_ref=charge.subject,
                payer_id=charge.payer_id,
            )
        )
        return charge


def review_charge(
    *, charge_id: UUID, now: datetime, reason: str, difference: Difference
) -> Charge:
    """Hand an open charge to people: ``in_review`` and a case; return the charge."""
    with transaction.atomic():
        charge = locked(Charge.objects.all(), charge_id)
        if not charge.is_open:
            return charge
        move_charge(charge, "review", now=now, reason=reason)
        report_difference(
            difference,
            subject=f"charge:{charge.pk}",
            evidence={"reference": charge.reference, "reason": reason},
            now=now,
        )
        return charge


def apply_evidence(
    *, charge_id: UUID, evidence: ChargeEvidence, now: datetime
) -> Charge:
    """Do what the gateway's answer means for the charge; return it.

    Paid settles; another amount, currency or reference is reviewed whatever the status;
    failed and expired are noted; a captured charge that the gateway calls unpaid opens a
    case and stays captured.
    """
    if evidence.status.was_paid:
        return settle_charge(charge_id=charge_id, evidence=evidence, now=now)
    with transaction.atomic():
        charge = locked(Charge.objects.all(), charge_id)
        if charge.is_captured:
            report_about(Difference.MISSING_THERE, charge, evidence, now)
            return charge
        if differences(charge, evidence):
            review_difference(charge, evidence, now)
            return charge
        remember_sent(charge, evidence, now)
    if evidence.status is EvidenceStatus.FAILED:
        code = evidence.failure_code.value if evidence.failure_code else "unknown"
        return fail_charge(charge_id=charge_id, failure_code=code, now=now)
    if evidence.status is EvidenceStatus.EXPIRED:
        return expire_charge(charge_id=charge_id, now=now, reason="gateway")
    return charge
