"""What a gateway says otherwise about money that went out: cases, and suspense."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lokahome.core.db.locks import advisory_lock
from payments.gateways.base import PayoutEvidence
from payments.models import JournalEntry, Transfer
from payments.models.chart import GATEWAY_CLEARING, GATEWAY_FEES, SUSPENSE
from payments.services.discrepancies import open_question
from payments.services.ledger import leg, post_entry


class TransferDifference(StrEnum):
    """The classes of difference; a case's kind is ``transfer_<class>``."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    CURRENCY = "currency"
    REFERENCE = "reference"
    FEE = "fee"
    DUPLICATE = "duplicate"
    LATE = "late"


CLASS_OF = {
    "currency": TransferDifference.CURRENCY,
    "amount": TransferDifference.AMOUNT,
    "reference": TransferDifference.REFERENCE,
    "gateway_id": TransferDifference.DUPLICATE,
}


def title_of(difference: TransferDifference) -> str:
    """Return the case's title in the words of the staff."""
    return {
        TransferDifference.MISSING_HERE: _(
            "La passerelle a versé une somme inconnue ici"
        ),
        TransferDifference.MISSING_THERE: _(
            "Versé ici, la passerelle ne le confirme pas"
        ),
        TransferDifference.AMOUNT: _("La passerelle annonce un autre montant versé"),
        TransferDifference.CURRENCY: _("La passerelle annonce une autre devise"),
        TransferDifference.REFERENCE: _("La passerelle annonce une autre référence"),
        TransferDifference.FEE: _("La passerelle annonce d’autres frais"),
        TransferDifference.DUPLICATE: _("Le destinataire a pu être payé deux fois"),
        TransferDifference.LATE: _("Versement confirmé en retard, ou jamais confirmé"),
    }[difference]


def payout_facts(gateway: str, evidence: PayoutEvidence) -> dict[str, Any]:
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


def report_transfer(
    difference: TransferDifference,
    transfer: Transfer,
    evidence: PayoutEvidence | None,
    now: datetime,
) -> bool:
    """Open a case that sets our row beside what the gateway said; False when known."""
    said = payout_facts(transfer.gateway, evidence) if evidence else None
    return open_question(
        kind=f"transfer_{difference.value}",
        title=title_of(difference),
        subject=f"transfer:{transfer.pk}",
        evidence={
            "ours": {
                "reference": transfer.reference,
                "kind": transfer.kind,
                "amount": transfer.amount,
                "currency": transfer.currency,
                "status": transfer.status,
                "fee": transfer.provider_fee,
            },
            "gateway": said,
        },
        now=now,
    )


def report_unknown_payout(
    *, gateway: str, evidence: PayoutEvidence, now: datetime
) -> bool:
    """Book money that the gateway sent and no transfer of ours explains; open a case.

    Returns False when the case is known.
    """
    book_unexplained(gateway=gateway, evidence=evidence, transfer=None, now=now)
    return open_question(
        kind=f"transfer_{TransferDifference.MISSING_HERE.value}",
        title=title_of(TransferDifference.MISSING_HERE),
        subject=f"gateway-payout:{gateway}:{evidence.gateway_id}",
        evidence={"gateway": payout_facts(gateway, evidence)},
        now=now,
    )


@transaction.atomic
def book_unexplained(
    *,
    gateway: str,
    evidence: PayoutEvidence,
    transfer: Transfer | None,
    now: datetime,
) -> bool:
    """Post money that left and is not what we ordered; False when it is posted.

    The ledger then agrees with the gateway's book to the franc, and nobody's balance
    pays for it before a person has looked. Holds the advisory lock on the payout.
    """
    advisory_lock("payout_suspense", gateway, evidence.gateway_id)
    if is_booked(gateway, evidence):
        return False
    fee, currency = evidence.fee or 0, evidence.currency
    amounts = {
        SUSPENSE: evidence.amount,
        GATEWAY_FEES: fee,
        GATEWAY_CLEARING: -evidence.amount - fee,
    }
    post_entry(
        kind=JournalEntry.Kind.TRANSFER_SUSPENSE,
        legs=tuple(
            leg(code, amount, currency, gateway=gateway)
            for code, amount in amounts.items()
            if amount
        ),
        gateway=gateway,
        gateway_reference=evidence.gateway_id,
        transfer_id=transfer.pk if transfer else None,
        occurred_at=evidence.sent_at or now,
    )
    return True


def is_booked(gateway: str, evidence: PayoutEvidence) -> bool:
    """True when the ledger holds what the gateway sent under this id."""
    return JournalEntry.objects.filter(
        gateway=gateway,
        gateway_reference=evidence.gateway_id,
        kind__in=(
            JournalEntry.Kind.TRANSFER_SENT,
            JournalEntry.Kind.TRANSFER_SUSPENSE,
        ),
    ).exists()
