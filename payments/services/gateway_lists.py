"""The lists of a gateway, walked to their end or as far as they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from payments.gateways.base import ChargeEvidence, PayoutEvidence
from payments.gateways.errors import GatewayError, GatewayUntrusted

log = structlog.get_logger(__name__)

Row = TypeVar("Row", ChargeEvidence, PayoutEvidence)

RECONCILIATION = "reconciliation"
"""The source of calls made to look into what a list says."""
BATCH = 10_000
CLOCK_MARGIN = timedelta(hours=1)
"""The gateway's clock and ours may differ this much: its list is asked that wider."""
SETTLING = timedelta(minutes=2)
"""What is this young may not be in the gateway's list yet."""


def walked(
    listing: Callable[..., Iterator[Row]],
    *,
    gateway: str,
    window_from: datetime,
    window_until: datetime,
) -> tuple[list[Row], bool]:
    """Return the rows that *listing* gives for the window, and whether it is whole."""
    rows: list[Row] = []
    try:
        rows.extend(
            listing(since=window_from - CLOCK_MARGIN, until=window_until + CLOCK_MARGIN)
        )
    except GatewayUntrusted as error:
        # Rows that cannot be read come after all the others; those are still good.
        log.warning("gateway list has bad rows", gateway=gateway, why=str(error))
        return rows, False
    except GatewayError as error:
        log.warning("gateway list broke off", gateway=gateway, why=str(error))
        return rows, False
    return rows, True
