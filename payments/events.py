"""Facts about money that other apps may listen to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ChargeRequested(Event):
    """Somebody is to be asked for money; the gateway has not been called yet."""

    about: ClassVar[str] = "charge_id"
    charge_id: UUID
    gateway: str


@dataclass(frozen=True, kw_only=True)
class ChargeCheckDue(Event):
    """It is time to ask the gateway what became of a charge."""

    about: ClassVar[str] = "charge_id"
    charge_id: UUID
    gateway: str


@dataclass(frozen=True, kw_only=True)
class GatewayNoticeReceived(Event):
    """A gateway's webhook with a good signature was stored: a rumour to follow."""

    about: ClassVar[str] = "notice_id"
    notice_id: UUID
    gateway: str


@dataclass(frozen=True, kw_only=True)
class ChargeSettled(Event):
    """The payer's money was taken and is in the ledger. At most once per charge.

    ``subject_ref`` is what the money pays for, opaque here (``lease:<uuid>``).
    ``late`` says that the charge had been told as failed or expired before.
    """

    about: ClassVar[str] = "charge_id"
    charge_id: UUID
    subject_ref: str
    payer_id: UUID
    payee_id: UUID
    amount: int
    currency: str
    captured_at: datetime
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class ChargeFailed(Event):
    """The payer was not charged. Provisional: a late confirmation may still follow."""

    about: ClassVar[str] = "charge_id"
    charge_id: UUID
    subject_ref: str
    payer_id: UUID
    failure_code: str


@dataclass(frozen=True, kw_only=True)
class ChargeExpired(Event):
    """Nobody approved in time, nothing was taken. Provisional, as ChargeFailed is."""

    about: ClassVar[str] = "charge_id"
    charge_id: UUID
    subject_ref: str
    payer_id: UUID


@dataclass(frozen=True, kw_only=True)
class EscrowSettled(Event):
    """The money held for a subject was split: what goes back, what the payee is owed.

    Nothing has left yet: refunds and payouts tell of their own ends.
    """

    about: ClassVar[str] = "escrow_id"
    escrow_id: UUID
    subject_ref: str
    payer_id: UUID
    payee_id: UUID
    to_payer: int
    to_payee: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class TransferProposed(Event):
    """Money is to go out (``payout`` or ``refund``) once a second person agrees."""

    about: ClassVar[str] = "transfer_id"
    transfer_id: UUID
    kind: str


@dataclass(frozen=True, kw_only=True)
class TransferReserved(Event):
    """A transfer was approved and its money set apart; the gateway is called next."""

    about: ClassVar[str] = "transfer_id"
    transfer_id: UUID
    gateway: str


@dataclass(frozen=True, kw_only=True)
class TransferCheckDue(Event):
    """It is time to ask the gateway what became of a transfer."""

    about: ClassVar[str] = "transfer_id"
    transfer_id: UUID
    gateway: str


@dataclass(frozen=True, kw_only=True)
class PayoutSucceeded(Event):
    """What a payee was owed arrived in their wallet. At most once per payout."""

    about: ClassVar[str] = "payout_id"
    payout_id: UUID
    subject_ref: str
    payee_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class PayoutFailed(Event):
    """A payout did not arrive; the money is the payee's still. Provisional."""

    about: ClassVar[str] = "payout_id"
    payout_id: UUID
    subject_ref: str
    payee_id: UUID
    failure_code: str


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(Event):
    """Money of a charge went back to the payer's wallet. At most once per refund."""

    about: ClassVar[str] = "refund_id"
    refund_id: UUID
    charge_id: UUID
    subject_ref: str
    payer_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class RefundFailed(Event):
    """A refund did not arrive; the money is held for the payer still. Provisional."""

    about: ClassVar[str] = "refund_id"
    refund_id: UUID
    charge_id: UUID
    subject_ref: str
    payer_id: UUID
    failure_code: str
