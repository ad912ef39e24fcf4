"""Calling a gateway, with every call in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from payments.gateways.base import (
    ChargeEvidence,
    ChargeStarted,
    PayoutEvidence,
    PayoutStarted,
)
from payments.gateways.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import GatewayCall

Answer = ChargeStarted | ChargeEvidence | PayoutStarted | PayoutEvidence | None
T = TypeVar("T", bound=Answer)

_OUTCOMES: dict[type[GatewayError], GatewayCall.Outcome] = {
    GatewayRejected: GatewayCall.Outcome.REJECTED,
    GatewayUnavailable: GatewayCall.Outcome.UNAVAILABLE,
    GatewayUntrusted: GatewayCall.Outcome.UNTRUSTED,
}


def ask(
    call: Callable[[], T],
    *,
    gateway: str,
    verb: str,
    charge_id: UUID | None = None,
    transfer_id: UUID | None = None,
    source: str = "",
) -> T:
    """Run *call* outside any transaction, log it, return its answer.

    The log row commits by itself, before what follows from the answer: it is the
    evidence that a terminal state rests on. Gateway errors are logged and go on.
    """
    began = time.monotonic()
    row = GatewayCall(
        gateway=gateway,
        verb=verb,
        charge_id=charge_id,
        transfer_id=transfer_id,
        source=source,
    )
    try:
        answer = call()
    except GatewayError as error:
        row.outcome = _OUTCOMES.get(type(error), GatewayCall.Outcome.UNAVAILABLE)
        row.code = getattr(error, "code", "") or ("sent" if error.sent else "not_sent")
        row.gateway_id = error.gateway_id or ""
        raise
    else:
        _describe(row, answer)
        return answer
    finally:
        row.milliseconds = int((time.monotonic() - began) * 1000)
        if row.outcome:
            row.save()


def _describe(row: GatewayCall, answer: Answer) -> None:
    row.outcome = GatewayCall.Outcome.ANSWERED
    if answer is None:
        row.outcome = GatewayCall.Outcome.NOT_FOUND
        return
    row.gateway_id = answer.gateway_id
    evidence = (
        answer.evidence if isinstance(answer, ChargeStarted | PayoutStarted) else answer
    )
    if evidence is not None:
        row.said_status = evidence.status.value
        row.said_amount = evidence.amount
        row.said_currency = evidence.currency
        row.said_fee = evidence.fee
