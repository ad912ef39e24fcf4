"""Money that goes out: proposed by one person, decided by another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import User
from payments.models import Transfer


def propose_payout(*, escrow_id: UUID, actor: User, now: datetime) -> Transfer:
    """Propose to pay out what the escrow released to its payee and nobody sent yet."""
    raise NotImplementedError


def propose_refunds(
    *, escrow_id: UUID, actor: User, now: datetime, reason: str
) -> list[Transfer]:
    """Propose again what an escrow owes its payer after a refund failed or was refused."""
    raise NotImplementedError


def approve_transfer(
    *,
    transfer_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> Transfer:
    """Approve a proposed transfer and reserve its money; the gateway is called next."""
    raise NotImplementedError


def refuse_transfer(
    *,
    transfer_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> Transfer:
    """Refuse a proposed transfer, with a reason."""
    raise NotImplementedError
