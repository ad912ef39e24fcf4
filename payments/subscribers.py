"""Who listens to what, in three lines each."""

from __future__ import annotations

from contextlib import suppress

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from lokahome.core.events.subscribers import DOCUMENTS, gateway_lane, subscribe
from payments.events import (
    ChargeCheckDue,
    ChargeRequested,
    ChargeSettled,
    GatewayNoticeReceived,
    TransferCheckDue,
    TransferReserved,
)
from payments.services.confirming import POLL, GatewaySilent, confirm_with_gateway
from payments.services.notices import follow_notice
from payments.services.receipts import issue_receipt
from payments.services.sending import send_transfer as send
from payments.services.starting import start_charge as start
from payments.services.transfer_confirming import confirm_transfer

RETRY_NOTICE_SECONDS = 20


@subscribe(ChargeRequested, lane=lambda event: gateway_lane(event.gateway))
def start_charge(event: ChargeRequested) -> None:
    """Has the payer prompted by the gateway."""
    start(charge_id=event.charge_id, now=clock.now())


@subscribe(ChargeCheckDue, lane=lambda event: gateway_lane(event.gateway))
def check_charge(event: ChargeCheckDue) -> None:
    """Asks the gateway what became of a charge; the poll ladder carries on if silent."""
    with suppress(GatewaySilent):
        confirm_with_gateway(charge_id=event.charge_id, now=clock.now(), source=POLL)


@subscribe(TransferReserved, lane=lambda event: gateway_lane(event.gateway))
def send_transfer(event: TransferReserved) -> None:
    """Has the gateway send the money that was set apart."""
    send(transfer_id=event.transfer_id, now=clock.now())


@subscribe(TransferCheckDue, lane=lambda event: gateway_lane(event.gateway))
def check_transfer(event: TransferCheckDue) -> None:
    """Asks the gateway what became of a transfer; the ladder carries on if silent."""
    with suppress(GatewaySilent):
        confirm_transfer(transfer_id=event.transfer_id, now=clock.now(), source=POLL)


@subscribe(GatewayNoticeReceived, lane=lambda event: gateway_lane(event.gateway))
def look_into_notice(event: GatewayNoticeReceived) -> None:
    """Asks the gateway about what its webhook hinted at."""
    try:
        follow_notice(notice_id=event.notice_id, now=clock.now())
    except GatewaySilent as silence:
        raise RetryLater(RETRY_NOTICE_SECONDS) from silence


@subscribe(ChargeSettled, lane=DOCUMENTS)
def issue_receipt_of_charge(event: ChargeSettled) -> None:
    """Draws and seals the receipt of a captured charge."""
    issue_receipt(charge_id=event.charge_id, now=clock.now())
