"""Payouts heard of by webhook or list: whose they are, and asking about them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.gateways.base import PayoutEvidence, PayoutStatus
from payments.gateways.errors import GatewayError, GatewayRejected
from payments.models import Transfer
from payments.models.transfer_states import DECIDED
from payments.services.calls import ask
from payments.services.confirming import GatewaySilent
from payments.services.routing import gateway_named
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfer_differences import report_unknown_payout
from payments.services.transfer_outcomes import apply_payout_evidence


def fetch_payout_evidence(
    *, gateway: str, gateway_id: str, source: str, transfer_id: UUID | None = None
) -> PayoutEvidence | None:
    """Return what the gateway says of its own payout id, None when it knows none.

    Raises GatewaySilent.
    """
    adapter = gateway_named(gateway)
    try:
        return ask(
            lambda: adapter.fetch_payout(gateway_id),
            gateway=gateway,
            verb="fetch_payout",
            transfer_id=transfer_id,
            source=source,
        )
    except GatewayRejected as refusal:
        if refusal.code == "not_found":
            return None
        raise GatewaySilent from refusal
    except GatewayError as error:
        raise GatewaySilent from error


def look_into_payout(
    *, gateway: str, gateway_id: str, source: str, now: datetime
) -> Transfer | None:
    """Ask about the payout *gateway_id* and do what the answer means.

    Returns the transfer that it is about. For None, money that left nonetheless is in
    suspense and a case. Raises GatewaySilent.
    """
    known = Transfer.objects.filter(gateway=gateway, gateway_id=gateway_id).first()
    if known is not None:
        return confirm_transfer(transfer_id=known.pk, now=now, source=source)
    evidence = fetch_payout_evidence(
        gateway=gateway, gateway_id=gateway_id, source=source
    )
    if evidence is None:
        return None
    transfer = transfer_of(gateway, evidence)
    if transfer is not None:
        return ask_about_transfer(transfer, gateway_id, source=source, now=now)
    if evidence.status is PayoutStatus.PAID:
        report_unknown_payout(gateway=gateway, evidence=evidence, now=now)
    return None


def ask_about_transfer(
    transfer: Transfer, gateway_id: str, *, source: str, now: datetime
) -> Transfer:
    """Ask about the payout *gateway_id* that bears our transfer's reference.

    Another one than the transfer's own is asked for by its id, so that money that left
    twice under one reference is seen. Returns the transfer; raises GatewaySilent.
    """
    if transfer.gateway_id in ("", gateway_id):
        return confirm_transfer(transfer_id=transfer.pk, now=now, source=source)
    evidence = fetch_payout_evidence(
        gateway=transfer.gateway,
        gateway_id=gateway_id,
        source=source,
        transfer_id=transfer.pk,
    )
    if evidence is None:
        return transfer
    return apply_payout_evidence(transfer_id=transfer.pk, evidence=evidence, now=now)


def transfer_of(gateway: str, evidence: PayoutEvidence) -> Transfer | None:
    """Return our transfer that *evidence* is about, by our reference.

    One that nobody approved was never sent: what bears its reference is not it.
    """
    if not evidence.reference:
        return None
    return Transfer.objects.filter(
        gateway=gateway, reference=evidence.reference, status__in=DECIDED
    ).first()
