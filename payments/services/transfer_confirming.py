"""Asking the gateway what became of a transfer: the one way in for every rumour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lokahome.core.errors import NotFound
from lokahome.core.failpoints import declare, failpoint
from payments.gateways.base import PayoutEvidence
from payments.gateways.errors import GatewayError, GatewayRejected
from payments.models import Transfer, TransferStatus
from payments.services.calls import ask
from payments.services.checking import (
    IN_FLIGHT,
    climb,
    note_answer,
    note_silence,
    wait_unsent,
)
from payments.services.confirming import POLL, GatewaySilent
from payments.services.reserving import locked_transfer
from payments.services.routing import gateway_named
from payments.services.transfer_outcomes import (
    apply_payout_evidence,
    fail_transfer,
    review_transfer,
)

declare("transfer.after_poll")

NOT_ASKED = (TransferStatus.PROPOSED, TransferStatus.APPROVED, TransferStatus.REFUSED)
"""The gateway has never heard of these."""


def confirm_transfer(*, transfer_id: UUID, now: datetime, source: str) -> Transfer:
    """Ask the gateway about a transfer and do what its answer means; return it.

    *source* is ``poll``, ``webhook``, ``reconciliation`` or ``staff``. The call is made
    outside any transaction. A time-out concludes nothing. Only an answered poll climbs
    the ladder; at its end the transfer goes to ``in_review`` with its money set apart.
    Raises NotFound, and GatewaySilent when there was no usable answer.
    """
    transfer = Transfer.objects.filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound
    if transfer.status in NOT_ASKED:
        return transfer
    if transfer.status == TransferStatus.RESERVED and not transfer.may_have_been_sent:
        return _while_unsent(transfer_id, now)
    try:
        evidence = look_up(transfer, source=source)
    except GatewayError as error:
        note_silence(transfer, now)
        raise GatewaySilent from error
    failpoint("transfer.after_poll")
    note_answer(transfer, now)
    if evidence is None:
        _absent(transfer, now)
    else:
        apply_payout_evidence(transfer_id=transfer_id, evidence=evidence, now=now)
    if source == POLL and not climb(transfer, now):
        review_transfer(
            transfer_id=transfer_id,
            now=now,
            reason="the gateway has no final answer after seven days",
        )
    return Transfer.objects.get(pk=transfer_id)


def look_up(transfer: Transfer, *, source: str) -> PayoutEvidence | None:
    """Return what the gateway says of a transfer, None when it knows none.

    By the gateway's id where we have it, else by our reference. Logged; raises the
    gateway's errors.
    """
    gateway = gateway_named(transfer.gateway)
    by_id = bool(transfer.gateway_id)

    def call() -> PayoutEvidence | None:
        if by_id:
            return gateway.fetch_payout(transfer.gateway_id)
        return gateway.find_payout(transfer.reference)

    try:
        return ask(
            call,
            gateway=transfer.gateway,
            verb="fetch_payout" if by_id else "find_payout",
            transfer_id=transfer.pk,
            source=source,
        )
    except GatewayRejected as refusal:
        if refusal.code == "not_found":
            return None
        raise


@transaction.atomic
def _while_unsent(transfer_id: UUID, now: datetime) -> Transfer:
    """Nothing reached the gateway: wait for the order, or give up in time."""
    transfer, _escrow = locked_transfer(transfer_id)
    if transfer.status != TransferStatus.RESERVED or transfer.may_have_been_sent:
        return transfer
    if transfer.start_until is None or now >= transfer.start_until:
        return fail_transfer(
            transfer_id=transfer_id,
            failure_code=Transfer.FailureCode.NOT_SENT,
            now=now,
        )
    wait_unsent(transfer, now)
    return transfer


def _absent(transfer: Transfer, now: datetime) -> None:
    """The gateway has no such payout. Until the orders stop, one may still come."""
    until = transfer.start_until
    is_over = until is not None and now >= until + IN_FLIGHT
    if transfer.status == TransferStatus.RESERVED and is_over:
        fail_transfer(
            transfer_id=transfer.pk,
            failure_code=Transfer.FailureCode.NOT_SENT,
            now=now,
        )
