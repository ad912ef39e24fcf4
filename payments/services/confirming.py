"""Asking the gateway what became of a charge: the one way in for every rumour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, TemporarilyUnavailable
from lokahome.core.failpoints import declare, failpoint
from payments.gateways.base import ChargeEvidence, Gateway
from payments.gateways.errors import GatewayError, GatewayRejected
from payments.models import Charge, ChargeStatus
from payments.services.calls import ask
from payments.services.checking import (
    IN_FLIGHT,
    climb,
    note_answer,
    note_silence,
    wait_unsent,
)
from payments.services.discrepancies import Difference
from payments.services.outcomes import apply_evidence, expire_charge, review_charge
from payments.services.routing import gateway_named

declare("poll.after_http")

POLL = "poll"


class GatewaySilent(TemporarilyUnavailable):
    """The gateway gave no usable answer; nothing was concluded from that."""

    code = "payment.gateway_silent"
    title = gettext_lazy("La passerelle de paiement ne répond pas")

    def default_detail(self) -> str:
        return _("Rien n’a été conclu ; la vérification sera refaite.")


def confirm_with_gateway(*, charge_id: UUID, now: datetime, source: str) -> Charge:
    """Ask the gateway about a charge and do what its answer means; return the charge.

    *source* is ``poll``, ``webhook``, ``reconciliation``, ``staff`` or ``read``. The
    call is made outside any transaction. Only an answered poll climbs the ladder; at
    its end the charge goes to ``in_review``. Raises NotFound, and GatewaySilent when
    there was no usable answer (the next check is set already).
    """
    charge = Charge.objects.filter(pk=charge_id).first()
    if charge is None:
        raise NotFound
    if charge.status == ChargeStatus.CREATED and not charge.may_have_been_sent:
        return _while_unsent(charge_id, now)
    gateway = gateway_named(charge.gateway)
    try:
        evidence = _ask(gateway, charge, source)
    except GatewayError as error:
        note_silence(charge, now)
        raise GatewaySilent from error
    failpoint("poll.after_http")
    note_answer(charge, now)
    if evidence is None:
        _absent(charge, now)
    else:
        apply_evidence(charge_id=charge_id, evidence=evidence, now=now)
    if source == POLL and not climb(charge, now):
        review_charge(
            charge_id=charge_id,
            now=now,
            reason="the gateway has no final answer after seven days",
            difference=Difference.LATE,
        )
    return Charge.objects.get(pk=charge_id)


def _ask(gateway: Gateway, charge: Charge, source: str) -> ChargeEvidence | None:
    by_id = bool(charge.gateway_id)

    def call() -> ChargeEvidence | None:
        if by_id:
            return gateway.fetch_charge(charge.gateway_id)
        return gateway.find_charge(charge.reference)

    try:
        return ask(
            call,
            gateway=charge.gateway,
            verb="fetch_charge" if by_id else "find_charge",
            charge_id=charge.pk,
            source=source,
        )
    except GatewayRejected as refusal:
        if refusal.code == "not_found":
            return None
        raise


@transaction.atomic
def _while_unsent(charge_id: UUID, now: datetime) -> Charge:
    """Nothing reached the gateway: wait for the start, or give up in time."""
    charge = locked(Charge.objects.all(), charge_id)
    if charge.status != ChargeStatus.CREATED or charge.may_have_been_sent:
        return charge
    if now >= charge.expires_at:
        return expire_charge(charge_id=charge_id, now=now, reason="not_sent")
    wait_unsent(charge, now)
    return charge


def _absent(charge: Charge, now: datetime) -> None:
    """The gateway has no such charge. Before it expires, a start may still come."""
    is_over = now >= charge.expires_at + IN_FLIGHT
    if charge.status == ChargeStatus.CREATED and is_over:
        expire_charge(charge_id=charge.pk, now=now, reason="not_at_gateway")
