"""The set-based comparison of payouts: `matching`, for money that goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from payments.gateways.base import PayoutEvidence
from payments.models.transfer_states import DECIDED, OPEN

_COMPARE = """
WITH listed AS (
  SELECT l.*, l.status = 'paid' AS is_paid
  FROM unnest(%(ids)s::text[], %(references)s::text[], %(statuses)s::text[],
              %(amounts)s::bigint[], %(currencies)s::text[], %(fees)s::bigint[])
    AS l (gateway_id, reference, status, amount, currency, fee)
), booked AS (
  SELECT e.gateway_reference,
         sum(p.amount) FILTER (WHERE e.kind = 'transfer_sent' AND p.amount > 0) AS sent,
         count(*) FILTER (WHERE e.kind = 'transfer_suspense') > 0 AS is_kept
  FROM payments_journalentry e
  JOIN payments_posting p ON p.entry_id = e.id
  WHERE e.gateway = %(gateway)s AND e.gateway_reference = ANY(%(ids)s)
    AND e.kind IN ('transfer_sent', 'transfer_suspense')
  GROUP BY e.gateway_reference
), matched AS (
  SELECT l.*, t.id AS transfer_id, b.sent, coalesce(b.is_kept, false) AS is_kept,
         t.status = 'succeeded' AS is_sent, t.status = ANY(%(open_states)s) AS is_open,
         t.status AS transfer_status, t.gateway_id AS our_gateway_id,
         t.reference AS our_reference, t.amount AS our_amount,
         t.currency AS our_currency, t.provider_fee
  FROM listed l
  LEFT JOIN payments_transfer by_id
    ON by_id.gateway = %(gateway)s AND by_id.gateway_id = l.gateway_id
  -- One that nobody approved was never sent: what bears its reference is not it.
  LEFT JOIN payments_transfer by_reference
    ON by_reference.gateway = %(gateway)s AND by_reference.reference = l.reference
       AND by_reference.status = ANY(%(decided_states)s)
  LEFT JOIN payments_transfer t ON t.id = coalesce(by_id.id, by_reference.id)
  LEFT JOIN booked b ON b.gateway_reference = l.gateway_id
)
SELECT gateway_id, transfer_id, verdict FROM (
  SELECT m.gateway_id, m.transfer_id, CASE
    WHEN transfer_id IS NULL AND NOT is_paid THEN 'agreed'
    WHEN transfer_id IS NULL AND is_kept THEN 'known'
    WHEN transfer_id IS NULL THEN 'missing_here'
    WHEN is_sent AND gateway_id <> our_gateway_id THEN
      CASE WHEN NOT is_paid THEN 'agreed' WHEN is_kept THEN 'known'
           ELSE 'duplicate' END
    WHEN is_sent AND NOT is_paid THEN 'missing_there'
    WHEN is_sent AND currency <> our_currency THEN 'currency'
    WHEN is_sent AND (amount <> our_amount OR sent IS DISTINCT FROM amount)
      THEN 'amount'
    WHEN is_sent AND reference IS DISTINCT FROM our_reference THEN 'reference'
    WHEN is_sent AND provider_fee IS NULL AND fee IS NOT NULL THEN 'heal'
    WHEN is_sent AND fee <> provider_fee THEN 'fee'
    WHEN is_sent THEN 'agreed'
    -- Booked as unexplained when it was found, with its case: people compare.
    WHEN is_paid AND is_kept THEN 'known'
    WHEN is_paid THEN 'heal'
    WHEN is_open AND status = 'failed' THEN 'heal'
    ELSE 'agreed' END AS verdict
  FROM matched m) verdicts
WHERE verdict NOT IN ('agreed', 'known')
"""


@dataclass(frozen=True, slots=True)
class PayoutMismatch:
    """One row of the gateway's list that our side does not (yet) agree with."""

    gateway_id: str
    transfer_id: UUID | None
    verdict: str


def compare_payouts(
    gateway: str, listed: Sequence[PayoutEvidence]
) -> list[PayoutMismatch]:
    """Return the rows of *listed* that need healing or a case; agreeing ones not."""
    if not listed:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _COMPARE,
            {
                "gateway": gateway,
                "ids": [row.gateway_id for row in listed],
                "references": [row.reference for row in listed],
                "statuses": [row.status.value for row in listed],
                "amounts": [row.amount for row in listed],
                "currencies": [row.currency for row in listed],
                "fees": [row.fee for row in listed],
                "open_states": [str(state) for state in OPEN],
                "decided_states": [str(state) for state in DECIDED],
            },
        )
        return [PayoutMismatch(*row) for row in cursor.fetchall()]


_ABSENT = """
SELECT t.id FROM payments_transfer t
WHERE t.gateway = %(gateway)s AND t.status = 'succeeded'
  -- Sent after the approval: what was approved in the window was created in it.
  AND t.approved_at >= %(since)s AND t.approved_at < %(until)s
  AND NOT EXISTS (SELECT 1 FROM unnest(%(ids)s::text[]) AS l (gateway_id)
                  WHERE l.gateway_id = t.gateway_id)
"""


def sent_but_not_listed(
    gateway: str, ids: Iterable[str], *, since: datetime, until: datetime
) -> list[UUID]:
    """Return our transfers that arrived and that the gateway did not list."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ABSENT,
            {"gateway": gateway, "since": since, "until": until, "ids": list(ids)},
        )
        return [row[0] for row in cursor.fetchall()]


_BOOKED = """
SELECT coalesce(sum(p.amount), 0)::bigint
FROM payments_journalentry e
JOIN payments_posting p ON p.entry_id = e.id
JOIN payments_ledgeraccount a ON a.id = p.account_id
WHERE e.gateway = %(gateway)s AND e.gateway_reference = ANY(%(ids)s)
  AND e.kind IN ('transfer_sent', 'transfer_suspense') AND a.currency = 'XOF'
  AND a.code NOT IN ('gateway_clearing:' || %(gateway)s, 'gateway_fees:' || %(gateway)s)
"""


def booked_payouts(gateway: str, ids: Iterable[str]) -> int:
    """Return the francs that the ledger says left under *ids*, fees not counted."""
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, {"gateway": gateway, "ids": list(ids)})
        return int(cursor.fetchone()[0])
