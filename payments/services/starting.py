"""The first call of a charge: the gateway is asked to prompt the payer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from lokahome.core.db.locks import locked
from lokahome.core.events.delivering import RetryLater
from lokahome.core.failpoints import declare, failpoint
from payments.gateways.base import ChargeOrder, ChargeStarted, NextAction, Operator
from payments.gateways.errors import (
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import CHARGE_STATES, Charge, ChargeStatus
from payments.services import ladder
from payments.services.calls import ask
from payments.services.outcomes import apply_evidence, expire_charge, fail_charge
from payments.services.routing import gateway_named

declare("submit.before_http", "submit.after_http", "submit.after_commit")

RETRY_WAITS = (2, 5, 10, 20, 40, 60)
"""Seconds before the gateway is tried again; the last one repeats."""

REFUSALS = {
    "bad_phone": Charge.FailureCode.PHONE_REFUSED,
    "limit_reached": Charge.FailureCode.LIMIT_REACHED,
    "bad_request": Charge.FailureCode.GATEWAY_REFUSED,
    "not_found": Charge.FailureCode.GATEWAY_REFUSED,
    "wrong_state": Charge.FailureCode.GATEWAY_REFUSED,
}
"""A gateway's definite "no" as the payer's failure code. What is absent here (our own
credentials, a reference that exists already) says nothing about the payer: retried."""


def start_charge(*, charge_id: UUID, now: datetime) -> None:
    """Have the payer prompted; runs in the gateway's lane, outside any transaction.

    The attempt is counted and committed before the call, so that after a crash the
    next one looks our reference up first. A time-out is unknown, never failed: raises
    RetryLater until ``expires_at``; then the charge expires if it is certain that
    nothing was sent, and otherwise the poll ladder goes on asking.
    """
    order = _count_attempt(charge_id, now)
    if order is None:
        return
    gateway, attempt, request = order
    failpoint("submit.before_http")
    try:
        started = ask(
            lambda: gateway_named(gateway).start_charge(request),
            gateway=gateway,
            verb="start_charge",
            charge_id=charge_id,
            source="start",
        )
    except GatewayRejected as refusal:
        code = REFUSALS.get(refusal.code)
        if code is None or (
            refusal.code == "wrong_state" and not request.first_attempt
        ):
            _note_silence(charge_id, refusal.gateway_id, unsent=True)
            raise RetryLater(retry_wait(attempt)) from refusal
        fail_charge(
            charge_id=charge_id,
            failure_code=code.value,
            now=now,
            gateway_id=refusal.gateway_id or "",
        )
    except (GatewayUnavailable, GatewayUntrusted) as error:
        _note_silence(charge_id, error.gateway_id, unsent=not error.sent)
        asked = getattr(error, "retry_after", None)
        raise RetryLater(asked or retry_wait(attempt)) from error
    else:
        failpoint("submit.after_http")
        _record_start(charge_id, started, now)
        failpoint("submit.after_commit")


@transaction.atomic
def _count_attempt(
    charge_id: UUID, now: datetime
) -> tuple[str, int, ChargeOrder] | None:
    charge = locked(Charge.objects.all(), charge_id)
    if charge.status != ChargeStatus.CREATED:
        return None
    if now >= charge.expires_at:
        # Too late to surprise the payer with a prompt. Sent or not is the poll's
        # question, unless it is certain already.
        if not charge.may_have_been_sent:
            expire_charge(charge_id=charge_id, now=now, reason="not_sent")
        return None
    order = ChargeOrder(
        reference=charge.reference,
        amount=charge.amount,
        currency=charge.currency,
        description=charge.description,
        operator=Operator(charge.operator),
        phone=charge.payer_phone,
        first_attempt=not charge.may_have_been_sent and not charge.gateway_id,
    )
    charge.send_attempts += 1
    charge.save(update_fields={"send_attempts"})
    return charge.gateway, charge.send_attempts, order


def _note_silence(charge_id: UUID, gateway_id: str | None, *, unsent: bool) -> None:
    """Remember what is certain about a failed attempt.

    With a gateway id the charge exists over there even if the payer was not prompted.
    """
    rows = Charge.objects.filter(pk=charge_id, status=ChargeStatus.CREATED)
    if gateway_id:
        rows.filter(gateway_id="").update(gateway_id=gateway_id)
    elif unsent:
        rows.filter(unsent_attempts__lt=F("send_attempts")).update(
            unsent_attempts=F("unsent_attempts") + 1
        )


def _record_start(charge_id: UUID, started: ChargeStarted, now: datetime) -> None:
    with transaction.atomic():
        charge = locked(Charge.objects.all(), charge_id)
        if charge.status == ChargeStatus.CREATED:
            on_page = started.next_action is NextAction.OPEN_PAGE
            charge.gateway_id = started.gateway_id
            charge.page_url = started.page_url or ""
            charge.next_action = (
                Charge.NextAction.REDIRECT
                if on_page
                else Charge.NextAction.APPROVE_ON_PHONE
            )
            charge.check_step = 0
            charge.next_check_at = ladder.next_check(0, now=now)
            CHARGE_STATES.apply(
                charge,
                "send_to_page" if on_page else "send",
                who="system",
                actor_id=None,
                now=now,
                update_fields=(
                    "gateway_id",
                    "page_url",
                    "next_action",
                    "check_step",
                    "next_check_at",
                ),
            )
    if started.evidence is not None:
        apply_evidence(charge_id=charge_id, evidence=started.evidence, now=now)


def retry_wait(attempt: int) -> int:
    """Return the seconds to wait after the *attempt*-th call that got no answer."""
    return RETRY_WAITS[min(attempt, len(RETRY_WAITS)) - 1]
