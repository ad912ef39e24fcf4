"""The set-based comparison behind reconciliation: one statement for 10 000 rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from payments.gateways.base import ChargeEvidence
from payments.models.charge_states import CAPTURED, OPEN

AGREED, KNOWN, HEAL = "agreed", "known", "heal"

_COMPARE = """
WITH listed AS (
  SELECT l.*, l.status IN ('paid', 'refunded', 'partly_refunded') AS is_paid
  FROM unnest(%(ids)s::text[], %(references)s::text[], %(statuses)s::text[],
              %(amounts)s::bigint[], %(currencies)s::text[], %(fees)s::bigint[])
    AS l (gateway_id, reference, status, amount, currency, fee)
), booked AS (
  SELECT e.gateway_reference,
         sum(p.amount) FILTER (WHERE e.kind = 'capture' AND p.amount > 0) AS captured,
         sum(p.amount) FILTER (WHERE e.kind = 'suspense' AND p.amount > 0) AS kept
  FROM payments_journalentry e
  JOIN payments_posting p ON p.entry_id = e.id
  WHERE e.gateway = %(gateway)s AND e.gateway_reference = ANY(%(ids)s)
    AND e.kind IN ('capture', 'suspense')
  GROUP BY e.gateway_reference
), matched AS (
  SELECT l.*, c.id AS charge_id, b.captured, b.kept,
         c.status = ANY(%(captured_states)s) AS is_captured,
         c.status = ANY(%(open_states)s) AS is_open,
         c.status AS charge_status, c.gateway_id AS our_gateway_id,
         c.reference AS our_reference, c.amount AS our_amount,
         c.currency AS our_currency, c.provider_fee
  FROM listed l
  LEFT JOIN payments_charge by_id
    ON by_id.gateway = %(gateway)s AND by_id.gateway_id = l.gateway_id
  LEFT JOIN payments_charge by_reference
    ON by_reference.gateway = %(gateway)s AND by_reference.reference = l.reference
  LEFT JOIN payments_charge c ON c.id = coalesce(by_id.id, by_reference.id)
  LEFT JOIN booked b ON b.gateway_reference = l.gateway_id
)
SELECT gateway_id, charge_id, verdict FROM (
  SELECT m.gateway_id, m.charge_id, CASE
    WHEN charge_id IS NULL AND NOT is_paid THEN 'agreed'
    WHEN charge_id IS NULL AND kept IS NOT NULL THEN 'known'
    WHEN charge_id IS NULL THEN 'missing_here'
    WHEN is_captured AND gateway_id <> our_gateway_id THEN
      CASE WHEN NOT is_paid THEN 'agreed' WHEN kept IS NOT NULL THEN 'known'
           ELSE 'duplicate' END
    WHEN is_captured AND NOT is_paid THEN 'missing_there'
    WHEN is_captured AND currency <> our_currency THEN 'currency'
    WHEN is_captured AND (amount <> our_amount OR captured IS DISTINCT FROM amount)
      THEN 'amount'
    WHEN is_captured AND reference IS DISTINCT FROM our_reference THEN 'reference'
    WHEN is_captured AND provider_fee IS NULL AND fee IS NOT NULL THEN 'heal'
    WHEN is_captured AND fee <> provider_fee THEN 'fee'
    WHEN is_captured AND status <> 'paid' THEN 'refund'
    WHEN is_captured THEN 'agreed'
    WHEN is_paid AND charge_status = 'in_review' AND kept IS NOT NULL
         AND (amount, currency, reference, gateway_id)
             IS DISTINCT FROM (our_amount, our_currency, our_reference, our_gateway_id)
      THEN 'known'
    WHEN is_paid THEN 'heal'
    WHEN is_open AND status IN ('failed', 'expired') THEN 'heal'
    ELSE 'agreed' END AS verdict
  FROM matched m) verdicts
WHERE verdict NOT IN ('agreed', 'known')
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One row of the gateway's list that our side does not (yet) agree with."""

    gateway_id: str
    charge_id: UUID | None
    verdict: str


def compare(gateway: str, listed: Sequence[ChargeEvidence]) -> list[Mismatch]:
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
                "captured_states": [str(state) for state in CAPTURED],
                "open_states": [str(state) for state in OPEN],
            },
        )
        return [Mismatch(*row) for row in cursor.fetchall()]


_ABSENT = """
SELECT c.id FROM payments_charge c
WHERE c.gateway = %(gateway)s AND c.created_at >= %(since)s AND c.created_at < %(until)s
  AND c.status = ANY(%(captured_states)s)
  AND NOT EXISTS (SELECT 1 FROM unnest(%(ids)s::text[]) AS l (gateway_id)
                  WHERE l.gateway_id = c.gateway_id)
"""


def captured_but_not_listed(
    gateway: str, ids: Iterable[str], *, since: datetime, until: datetime
) -> list[UUID]:
    """Return our captured charges of the window that the gateway did not list."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ABSENT,
            {
                "gateway": gateway,
                "since": since,
                "until": until,
                "ids": list(ids),
                "captured_states": [str(state) for state in CAPTURED],
            },
        )
        return [row[0] for row in cursor.fetchall()]


_BOOKED = """
SELECT coalesce(-sum(p.amount), 0)::bigint
FROM payments_journalentry e
JOIN payments_posting p ON p.entry_id = e.id
JOIN payments_ledgeraccount a ON a.id = p.account_id
WHERE e.gateway = %(gateway)s AND e.gateway_reference = ANY(%(ids)s)
  AND e.kind IN ('capture', 'suspense', 'suspense_release') AND a.currency = 'XOF'
  AND a.code IN ('payee_payable', 'escrow', 'suspense:' || %(gateway)s)
"""


def booked_sum(gateway: str, ids: Iterable[str]) -> int:
    """Return the francs that the ledger says the gateway took under *ids*.

    Read on the credit side, where a fee takes nothing away.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, {"gateway": gateway, "ids": list(ids)})
        return int(cursor.fetchone()[0])
