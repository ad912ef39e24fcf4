"""What a gateway's answer means for a transfer: sent, failed, or for people to see.

The one place where money is recognised as gone. Every way in (the answer to the order,
webhook, poll, reconciliation, staff) ends here, after the gateway itself was asked.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.events.base import Event
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from payments.events import (
    PayoutFailed,
    PayoutSucceeded,
    RefundFailed,
    RefundSucceeded,
)
from payments.gateways.base import PayoutEvidence, PayoutStatus
from payments.models import (
    TRANSFER_STATES,
    Escrow,
    JournalEntry,
    Transfer,
    TransferStatus,
)
from payments.models.chart import GATEWAY_CLEARING, GATEWAY_FEES
from payments.policies import payout_differences
from payments.services.ledger import leg, post_entry
from payments.services.reserving import debited, locked_transfer, release
from payments.services.transfer_differences import (
    CLASS_OF,
    TransferDifference,
    book_unexplained,
    is_booked,
    report_transfer,
)

declare(
    "transfer.locked",
    "transfer.after_ledger",
    "transfer.before_commit",
    "transfer.after_commit",
)

FAILURES = {
    "insufficient_funds": Transfer.FailureCode.INSUFFICIENT_FUNDS,
    "declined_by_payer": Transfer.FailureCode.GATEWAY_REFUSED,
}
"""A gateway's failure as the receiver is told it; what is absent here is unknown."""
_S = TransferStatus
_QUIET = ("next_check_at", "check_requested_at", "unanswered_at")


def apply_payout_evidence(
    *, transfer_id: UUID, evidence: PayoutEvidence, now: datetime
) -> Transfer:
    """Do what the gateway's answer means for the transfer; return it.

    Paid settles; another amount, currency or reference is reviewed whatever the status;
    failed gives the reservation back; a transfer that arrived and that the gateway
    calls unpaid opens a case and stays. Must not run inside a transaction.
    """
    if evidence.status is PayoutStatus.PAID:
        return settle_transfer(transfer_id=transfer_id, evidence=evidence, now=now)
    with transaction.atomic():
        transfer, _escrow = locked_transfer(transfer_id)
        if transfer.status == TransferStatus.SUCCEEDED:
            report_transfer(TransferDifference.MISSING_THERE, transfer, evidence, now)
            return transfer
        found = payout_differences(transfer, evidence)
        if found:
            _review(transfer, evidence, found, now)
            return transfer
        _remember(transfer, evidence, now)
        if (transfer.status, evidence.status) == (_S.FAILED, PayoutStatus.WAITING):
            # Told as failed, given back, and on its way after all: before it is paid
            # a second time, somebody should know.
            report_transfer(TransferDifference.LATE, transfer, evidence, now)
    if evidence.status is PayoutStatus.FAILED:
        said = evidence.failure_code.value if evidence.failure_code else ""
        code = FAILURES.get(said, Transfer.FailureCode.UNKNOWN)
        return fail_transfer(transfer_id=transfer_id, failure_code=code, now=now)
    return transfer


def settle_transfer(
    *, transfer_id: UUID, evidence: PayoutEvidence, now: datetime
) -> Transfer:
    """Recognise money that the gateway says it sent; return the transfer.

    Locks escrow and transfer. Already succeeded: posts a fee that was not known yet,
    nothing else. Evidence that differs from our row never succeeds: ``in_review``, the
    money to suspense, a case. Told as failed before: posted anew, and a case. Publishes
    PayoutSucceeded or RefundSucceeded. Must not run inside a transaction.
    """
    if evidence.status is not PayoutStatus.PAID:
        raise ValueError("only evidence of a payment settles")
    with transaction.atomic(durable=True):
        transfer, escrow = locked_transfer(transfer_id)
        failpoint("transfer.locked")
        found = payout_differences(transfer, evidence)
        if not found and transfer.status == TransferStatus.SUCCEEDED:
            _look_again(transfer, evidence, now)
        elif found or not _may(transfer, "settle"):
            _review(transfer, evidence, found or ["gateway_id"], now)
        elif is_booked(transfer.gateway, evidence):
            # It said another amount of this payout before; people compare the two.
            report_transfer(TransferDifference.AMOUNT, transfer, evidence, now)
        else:
            _settle(transfer, escrow, evidence, now)
        failpoint("transfer.before_commit")
    failpoint("transfer.after_commit")
    return transfer


def fail_transfer(
    *,
    transfer_id: UUID,
    failure_code: str,
    now: datetime,
    gateway_id: str = "",
    attempt: int | None = None,
) -> Transfer:
    """Note that the gateway sent nothing, and give the reservation back.

    *attempt* is the order that was refused: a later one may be getting through, so then
    nothing is concluded. Locks escrow and transfer; does nothing but return a transfer
    that ended already. Publishes PayoutFailed or RefundFailed.
    """
    with transaction.atomic():
        transfer, _escrow = locked_transfer(transfer_id)
        is_overtaken = attempt is not None and transfer.send_attempts != attempt
        if is_overtaken or not _may(transfer, "fail"):
            return transfer
        release(transfer, now=now)
        transfer.failure_code = failure_code
        transfer.gateway_id = transfer.gateway_id or gateway_id
        transfer.ended_at = now
        _move(transfer, "fail", now=now, reason=failure_code)
        append(_failed(transfer))
        return transfer


def review_transfer(*, transfer_id: UUID, now: datetime, reason: str) -> Transfer:
    """Hand an open transfer to people: ``in_review`` and a case; return it.

    Its money stays set apart: nobody knows yet that it did not leave.
    """
    with transaction.atomic():
        transfer, _escrow = locked_transfer(transfer_id)
        if transfer.is_open:
            _move(transfer, "review", now=now, reason=reason)
            report_transfer(TransferDifference.LATE, transfer, None, now)
        return transfer


def _settle(
    transfer: Transfer, escrow: Escrow, evidence: PayoutEvidence, now: datetime
) -> None:
    was_told_failed = transfer.status == TransferStatus.FAILED
    _remember(transfer, evidence, now)
    sent_at = evidence.sent_at or now
    post_entry(
        kind=JournalEntry.Kind.TRANSFER_SENT,
        legs=(
            debited(transfer, escrow),
            leg(
                GATEWAY_CLEARING,
                -evidence.amount,
                evidence.currency,
                gateway=transfer.gateway,
            ),
        ),
        gateway=transfer.gateway,
        gateway_reference=evidence.gateway_id,
        transfer_id=transfer.pk,
        occurred_at=sent_at,
    )
    _post_fee(transfer, evidence, occurred_at=sent_at)
    failpoint("transfer.after_ledger")
    transfer.failure_code = ""
    transfer.sent_at, transfer.ended_at = sent_at, now
    _move(transfer, "settle", now=now)
    append(_succeeded(transfer))
    if was_told_failed:
        # The receiver was told "not paid", and may have been paid again since.
        report_transfer(TransferDifference.LATE, transfer, evidence, now)


def _look_again(transfer: Transfer, evidence: PayoutEvidence, now: datetime) -> None:
    if transfer.provider_fee is None and evidence.fee is not None:
        _post_fee(transfer, evidence, occurred_at=now)
        transfer.save(update_fields={"provider_fee"})
    elif evidence.fee is not None and evidence.fee != transfer.provider_fee:
        report_transfer(TransferDifference.FEE, transfer, evidence, now)


def _post_fee(
    transfer: Transfer, evidence: PayoutEvidence, *, occurred_at: datetime
) -> None:
    """Post what the gateway took on top of the amount, once it says so."""
    if evidence.fee is None:
        return
    transfer.provider_fee = evidence.fee
    if not evidence.fee:
        return
    fees, clearing = (
        leg(code, amount, evidence.currency, gateway=transfer.gateway)
        for code, amount in (
            (GATEWAY_FEES, evidence.fee),
            (GATEWAY_CLEARING, -evidence.fee),
        )
    )
    post_entry(
        kind=JournalEntry.Kind.TRANSFER_FEE,
        legs=(fees, clearing),
        gateway=transfer.gateway,
        gateway_reference=evidence.gateway_id,
        transfer_id=transfer.pk,
        occurred_at=occurred_at,
    )


def _review(
    transfer: Transfer, evidence: PayoutEvidence, found: list[str], now: datetime
) -> None:
    """Take a transfer that the gateway describes otherwise out of every automatic way.

    Another payout under our reference is other money: an ended transfer stays as it is.
    """
    if evidence.status is PayoutStatus.PAID:
        book_unexplained(
            gateway=transfer.gateway, evidence=evidence, transfer=None, now=now
        )
    report_transfer(CLASS_OF[found[0]], transfer, evidence, now)
    if _may(transfer, "review"):
        _move(transfer, "review", now=now, reason=", ".join(found))


def _remember(transfer: Transfer, evidence: PayoutEvidence, now: datetime) -> None:
    """Catch up with the gateway when we died between its answer and our commit."""
    if transfer.gateway_id != evidence.gateway_id:
        transfer.gateway_id = evidence.gateway_id
        transfer.save(update_fields={"gateway_id"})
    started = evidence.status is not PayoutStatus.CREATED
    if started and transfer.status == TransferStatus.RESERVED:
        TRANSFER_STATES.apply(transfer, "send", who="system", actor_id=None, now=now)


def _may(transfer: Transfer, action: str) -> bool:
    return action in TRANSFER_STATES.allowed_actions(transfer.status, {"system"})


def _move(transfer: Transfer, action: str, *, now: datetime, reason: str = "") -> None:
    """Take a step out of the open states: nothing is asked any more."""
    for name in _QUIET:
        setattr(transfer, name, None)
    TRANSFER_STATES.apply(
        transfer,
        action,
        who="system",
        actor_id=None,
        now=now,
        reason=reason,
        update_fields=(
            *_QUIET,
            "failure_code",
            "gateway_id",
            "provider_fee",
            "sent_at",
            "ended_at",
        ),
    )


def _succeeded(transfer: Transfer) -> Event:
    if transfer.charge_id is None:
        return PayoutSucceeded(
            payout_id=transfer.pk,
            subject_ref=transfer.subject,
            payee_id=transfer.party_id,
            amount=transfer.amount,
            currency=transfer.currency,
        )
    return RefundSucceeded(
        refund_id=transfer.pk,
        charge_id=transfer.charge_id,
        subject_ref=transfer.subject,
        payer_id=transfer.party_id,
        amount=transfer.amount,
        currency=transfer.currency,
    )


def _failed(transfer: Transfer) -> Event:
    if transfer.charge_id is None:
        return PayoutFailed(
            payout_id=transfer.pk,
            subject_ref=transfer.subject,
            payee_id=transfer.party_id,
            failure_code=transfer.failure_code,
        )
    return RefundFailed(
        refund_id=transfer.pk,
        charge_id=transfer.charge_id,
        subject_ref=transfer.subject,
        payer_id=transfer.party_id,
        failure_code=transfer.failure_code,
    )
