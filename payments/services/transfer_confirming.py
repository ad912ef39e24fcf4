"""Asking the gateway what became of a transfer: the one way in for every rumour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.models import Transfer


def confirm_transfer(*, transfer_id: UUID, now: datetime, source: str) -> Transfer:
    """Ask the gateway about a transfer and do what its answer means; return it.

    *source* is ``poll``, ``webhook``, ``reconciliation`` or ``staff``. Raises NotFound
    and GatewaySilent.
    """
    raise NotImplementedError
