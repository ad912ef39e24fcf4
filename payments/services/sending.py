"""The order to send: the gateway is asked to pay a wallet, once, whatever gets lost."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from lokahome.core.events.delivering import RetryLater
from lokahome.core.failpoints import declare, failpoint
from payments.gateways.base import Operator, PayoutOrder, PayoutStatus
from payments.gateways.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import Transfer, TransferStatus
from payments.services.calls import ask
from payments.services.reserving import goes_to_its_payee, locked_transfer
from payments.services.routing import gateway_named
from payments.services.starting import retry_wait
from payments.services.transfer_confirming import look_up
from payments.services.transfer_outcomes import apply_payout_evidence, fail_transfer

declare("transfer.before_http", "transfer.after_http")

REFUSALS = {
    "bad_phone": Transfer.FailureCode.PHONE_REFUSED,
    "limit_reached": Transfer.FailureCode.LIMIT_REACHED,
    "bad_request": Transfer.FailureCode.GATEWAY_REFUSED,
    "not_found": Transfer.FailureCode.GATEWAY_REFUSED,
    "wrong_state": Transfer.FailureCode.GATEWAY_REFUSED,
}
"""A gateway's definite "no" as the receiver's failure code. What is absent here (our own
credentials, a reference that exists already) says nothing about the receiver."""

_DESCRIPTIONS = {
    Transfer.Kind.PAYOUT: "Versement LOKAHOME",
    Transfer.Kind.REFUND: "Remboursement LOKAHOME",
}
"""What the receiver's operator may show: no name, no reason, one language."""


def send_transfer(*, transfer_id: UUID, now: datetime) -> None:
    """Have reserved money sent; runs in the gateway's lane, outside any transaction.

    The attempt is counted and committed before the call, so that after a crash the next
    one looks our reference up first and goes on from what it finds. A time-out is
    unknown, never failed: raises RetryLater until ``start_until``. Fails the transfer,
    and so gives its money back, only on a definite refusal of which it is certain that
    no other attempt got through, or when its payee has another number by now.
    """
    order = _count_attempt(transfer_id, now)
    if order is None:
        return
    transfer, request = order
    attempt = transfer.send_attempts
    failpoint("transfer.before_http")
    try:
        started = ask(
            lambda: gateway_named(transfer.gateway).pay_out(request),
            gateway=transfer.gateway,
            verb="pay_out",
            transfer_id=transfer_id,
            source="start",
        )
    except GatewayRejected as refusal:
        code = REFUSALS.get(refusal.code)
        if code is None or not (request.first_attempt or _has_not_moved(transfer)):
            _note_silence(transfer_id, refusal.gateway_id, unsent=True)
            raise RetryLater(retry_wait(attempt)) from refusal
        after = fail_transfer(
            transfer_id=transfer_id,
            failure_code=code.value,
            now=now,
            gateway_id=refusal.gateway_id or "",
            attempt=attempt,
        )
        if after.is_open:
            # Overtaken by another attempt, whose answer counts.
            raise RetryLater(retry_wait(attempt)) from refusal
    except (GatewayUnavailable, GatewayUntrusted) as error:
        _note_silence(transfer_id, error.gateway_id, unsent=not error.sent)
        asked = getattr(error, "retry_after", None)
        raise RetryLater(asked or retry_wait(attempt)) from error
    else:
        failpoint("transfer.after_http")
        apply_payout_evidence(
            transfer_id=transfer_id, evidence=started.evidence, now=now
        )


@transaction.atomic
def _count_attempt(
    transfer_id: UUID, now: datetime
) -> tuple[Transfer, PayoutOrder] | None:
    transfer, _escrow = locked_transfer(transfer_id)
    if transfer.status != TransferStatus.RESERVED:
        return None
    if transfer.start_until is None or now >= transfer.start_until:
        # Too late to order anything. Sent or not is the poll's question, unless it is
        # certain already.
        if not transfer.may_have_been_sent:
            fail_transfer(
                transfer_id=transfer_id,
                failure_code=Transfer.FailureCode.NOT_SENT,
                now=now,
            )
        return None
    if not transfer.may_have_been_sent and not goes_to_its_payee(transfer):
        fail_transfer(
            transfer_id=transfer_id,
            failure_code=Transfer.FailureCode.NOT_SENT,
            now=now,
        )
        return None
    order = PayoutOrder(
        reference=transfer.reference,
        amount=transfer.amount,
        currency=transfer.currency,
        description=_DESCRIPTIONS[Transfer.Kind(transfer.kind)],
        operator=Operator(transfer.operator),
        phone=transfer.phone,
        first_attempt=not transfer.may_have_been_sent and not transfer.gateway_id,
    )
    transfer.send_attempts += 1
    transfer.save(update_fields={"send_attempts"})
    return transfer, order


def _has_not_moved(transfer: Transfer) -> bool:
    """True when the gateway itself says that no earlier attempt of ours got through.

    Its refusal may be of this attempt alone, while a former one was carried out.
    """
    try:
        evidence = look_up(transfer, source="start")
    except GatewayError:
        return False
    return evidence is None or evidence.status in (
        PayoutStatus.CREATED,
        PayoutStatus.FAILED,
    )


def _note_silence(transfer_id: UUID, gateway_id: str | None, *, unsent: bool) -> None:
    """Remember what is certain about a failed attempt.

    With a gateway id the payout exists over there, even if nothing has moved.
    """
    rows = Transfer.objects.filter(pk=transfer_id, status=TransferStatus.RESERVED)
    if gateway_id:
        rows.filter(gateway_id="").update(gateway_id=gateway_id)
    elif unsent:
        rows.filter(unsent_attempts__lt=F("send_attempts")).update(
            unsent_attempts=F("unsent_attempts") + 1
        )
