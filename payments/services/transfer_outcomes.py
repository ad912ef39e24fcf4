"""What a gateway's answer means for a transfer: sent, failed, or for people to see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.gateways.base import PayoutEvidence
from payments.models import Transfer


def apply_payout_evidence(
    *, transfer_id: UUID, evidence: PayoutEvidence, now: datetime
) -> Transfer:
    """Do what the gateway's answer means for the transfer; return it."""
    raise NotImplementedError
