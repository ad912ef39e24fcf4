"""Money held for a subject: opened, filled by charges, split once to the franc."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lokahome.core.errors import StateConflict
from lokahome.core.money import XOF, Money
from payments.models import Escrow


class NothingHeld(StateConflict):
    """The escrow holds no money that could be split."""

    code = "escrow.nothing_held"


def open_escrow(
    *, subject: str, payer_id: UUID, payee_id: UUID, currency: str = XOF, now: datetime
) -> Escrow:
    """Return the escrow of *subject*, opened now if there is none."""
    raise NotImplementedError


def settle_escrow(
    *,
    escrow_id: UUID,
    to_payer: Money,
    now: datetime,
    actor_id: UUID | None,
    reason: str,
) -> Escrow:
    """Split what is held: *to_payer* goes back as refunds, the rest is the payee's."""
    raise NotImplementedError


def return_late_money(*, escrow_id: UUID, charge_id: UUID, now: datetime) -> Escrow:
    """Give a charge back whole that was captured too late or twice."""
    raise NotImplementedError
