"""Differences between the gateway and us: cases for people, money kept in suspense."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Case
from accounts.services.moderation.cases import open_case
from lokahome.core.db.locks import advisory_lock
from payments.gateways.base import ChargeEvidence
from payments.models import Charge, JournalEntry
from payments.models.chart import (
    GATEWAY_CLEARING,
    GATEWAY_FEES,
    SUSPENSE,
    chart_of,
)
from payments.policies import amount_taken, fee_we_bear
from payments.services.ledger import leg, post_entry


class Difference(StrEnum):
    """The classes of difference; a case's kind is ``payment_<class>``."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    CURRENCY = "currency"
    REFERENCE = "reference"
    FEE = "fee"
    DUPLICATE = "duplicate"
    LATE = "late"
    REFUND = "refund"


def title_of(difference: Difference) -> str:
    """Return the case's title in the words of the staff."""
    return {
        Difference.MISSING_HERE: _("La passerelle a encaissé une somme inconnue ici"),
        Difference.MISSING_THERE: _("Encaissé ici, la passerelle ne le confirme pas"),
        Difference.AMOUNT: _("La passerelle annonce un autre montant"),
        Difference.CURRENCY: _("La passerelle annonce une autre devise"),
        Difference.REFERENCE: _("La passerelle annonce une autre référence"),
        Difference.FEE: _("La passerelle annonce d’autres frais"),
        Difference.DUPLICATE: _("Le payeur a pu être débité deux fois"),
        Difference.LATE: _("Confirmation tardive ou absente"),
        Difference.REFUND: _("Remboursement fait chez la passerelle, inconnu ici"),
    }[difference]


def report_difference(
    difference: Difference,
    *,
    subject: str,
    evidence: dict[str, Any],
    now: datetime,
) -> bool:
    """Open a case for *difference* about *subject*; return False when it is known.

    Known: a case is open, or one was decided on this very evidence, so a
    reconciliation that runs every few minutes does not ask the same question twice.
    """
    return open_question(
        kind=f"payment_{difference.value}",
        title=title_of(difference),
        subject=subject,
        evidence=evidence,
        now=now,
    )


def open_question(
    *, kind: str, title: str, subject: str, evidence: dict[str, Any], now: datetime
) -> bool:
    """Open a case of *kind* unless it is known, as `report_difference` says."""
    same = Case.objects.filter(kind=kind, subject=subject)
    with transaction.atomic():
        advisory_lock("difference", kind, subject)
        if same.filter(status=Case.Status.OPEN).exists():
            return False
        if same.filter(evidence=evidence).exists():
            return False
        open_case(
            kind=kind,
            queue=Case.Queue.PAYMENTS,
            subject=subject,
            title=title,
            evidence=evidence,
            now=now,
        )
    return True


def as_facts(gateway: str, evidence: ChargeEvidence) -> dict[str, Any]:
    """Return what the gateway said, without personal data, for a case or a log."""
    return {
        "gateway": gateway,
        "gateway_id": evidence.gateway_id,
        "reference": (evidence.reference or "")[:64],
        "status": evidence.status.value,
        "raw_status": evidence.raw_status[:40],
        "amount": evidence.amount,
        "currency": evidence.currency,
        "fee": evidence.fee,
    }


@transaction.atomic
def keep_in_suspense(
    *, gateway: str, evidence: ChargeEvidence, charge: Charge | None, now: datetime
) -> bool:
    """Post money that the gateway took and we cannot attribute; False when posted.

    The ledger then agrees with the gateway's book to the franc, the fee it kept
    included, and nobody's payable and no revenue moves before a person has looked.
    Holds the advisory lock on the gateway's reference.
    """
    advisory_lock("suspense", gateway, evidence.gateway_id)
    if JournalEntry.objects.filter(
        gateway=gateway,
        gateway_reference=evidence.gateway_id,
        kind__in=(JournalEntry.Kind.SUSPENSE, JournalEntry.Kind.CAPTURE),
    ).exists():
        return False
    taken, currency = amount_taken(evidence), evidence.currency
    fee = fee_we_bear(taken, evidence)
    amounts = {GATEWAY_CLEARING: taken - fee, GATEWAY_FEES: fee, SUSPENSE: -taken}
    post_entry(
        kind=JournalEntry.Kind.SUSPENSE,
        legs=tuple(
            leg(code, amount, currency, gateway=gateway)
            for code, amount in amounts.items()
            if amount
        ),
        gateway=gateway,
        gateway_reference=evidence.gateway_id,
        charge_id=charge.pk if charge else None,
        occurred_at=evidence.approved_at or now,
    )
    return True


def release_from_suspense(
    charge: Charge, *, gateway_reference: str, now: datetime
) -> None:
    """Undo the suspense entry of *gateway_reference*, if any, before its capture."""
    kept = (
        JournalEntry.objects.filter(
            gateway=charge.gateway,
            gateway_reference=gateway_reference,
            kind=JournalEntry.Kind.SUSPENSE,
        )
        .prefetch_related("postings__account")
        .first()
    )
    if kept is None:
        return
    post_entry(
        kind=JournalEntry.Kind.SUSPENSE_RELEASE,
        legs=tuple(
            leg(
                chart_of(posting.account.code).code,
                -posting.amount,
                posting.account.currency,
                gateway=charge.gateway,
            )
            for posting in kept.postings.all()
        ),
        gateway=charge.gateway,
        gateway_reference=gateway_reference,
        charge_id=charge.pk,
        occurred_at=now,
    )
