"""What must always hold about money that goes out: four eyes, one end, one posting."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "transfer.has_four_eyes",
    "nobody approved what they proposed or receive; payouts and large refunds have both",
    """SELECT id::text, proposed_by_id::text, approved_by_id::text
       FROM payments_transfer
       WHERE approved_by_id IN (proposed_by_id, party_id) OR proposed_by_id = party_id
          OR (status NOT IN ('proposed', 'refused') AND approved_by_id IS NULL
              AND (kind = 'payout' OR proposed_by_id IS NOT NULL OR amount > 10000))""",
)
invariant(
    "transfer.has_the_people_of_its_escrow",
    "money goes to its escrow's payee, or back to the wallet that paid; neither decides",
    """SELECT t.id::text, t.kind, e.id::text FROM payments_transfer t
       JOIN payments_escrow e ON e.id = t.escrow_id
       LEFT JOIN payments_charge c ON c.id = t.charge_id
       WHERE (t.subject, t.currency) <> (e.subject, e.currency)
          OR (t.kind = 'payout' AND t.party_id <> e.payee_id)
          OR (t.kind = 'refund'
              AND (e.payer_id, e.id, c.gateway, c.operator,
               c.payer_phone_digest)
                  IS DISTINCT FROM
                  (t.party_id, c.escrow_id, t.gateway, t.operator,
                   t.phone_digest))
          OR t.proposed_by_id IN (e.payer_id, e.payee_id)
          OR t.approved_by_id IN (e.payer_id, e.payee_id)""",
)
invariant(
    "transfer.reservation_ends_once",
    "what was set apart was sent, given back, or is set apart still: exactly one",
    """SELECT t.id::text, t.status, count(e.id) FROM payments_transfer t
       LEFT JOIN payments_journalentry e ON e.transfer_id = t.id
       GROUP BY t.id, t.status
       HAVING count(*) FILTER (WHERE e.kind = 'transfer_reserve') <>
              (t.status NOT IN ('proposed', 'refused', 'approved'))::int
           OR count(*) FILTER (WHERE e.kind = 'transfer_sent') <>
              (t.status = 'succeeded')::int
           OR (t.status = 'failed') <> (count(*) FILTER (
                 WHERE e.kind = 'transfer_release') = 1 AND t.status <> 'succeeded')""",
)
invariant(
    "transfer.reserved_is_in_ledger",
    "what stands on transfers_reserved is what is being sent to that person",
    """SELECT coalesce(apart.party_id, due.party_id)::text, apart.amount, due.amount
       FROM (SELECT a.party_id, -sum(p.amount) AS amount
             FROM payments_posting p
             JOIN payments_ledgeraccount a ON a.id = p.account_id
             WHERE a.code = 'transfers_reserved' GROUP BY a.party_id) apart
       FULL JOIN (SELECT party_id, sum(amount) AS amount FROM payments_transfer
                  WHERE status IN ('reserved', 'sending', 'in_review')
                  GROUP BY party_id) due ON due.party_id = apart.party_id
       WHERE coalesce(apart.amount, 0) <> coalesce(due.amount, 0)""",
)
invariant(
    "transfer.succeeded_is_in_ledger",
    "each transfer that arrived has one entry with what the gateway says it sent",
    """SELECT t.id::text, t.status, t.amount, sent.amount
       FROM payments_transfer t
       FULL JOIN (
         SELECT e.transfer_id, e.gateway_reference, -sum(p.amount) AS amount,
                count(DISTINCT e.id) AS entries
         FROM payments_journalentry e
         JOIN payments_posting p ON p.entry_id = e.id
         JOIN payments_ledgeraccount a ON a.id = p.account_id
         WHERE e.kind = 'transfer_sent' AND a.code LIKE 'gateway_clearing:%'
         GROUP BY e.transfer_id, e.gateway_reference) sent ON sent.transfer_id = t.id
       WHERE coalesce(t.status = 'succeeded', false) <> (sent.transfer_id IS NOT NULL)
          OR (sent.transfer_id IS NOT NULL
              AND (sent.amount, sent.entries, sent.gateway_reference)
                  IS DISTINCT FROM (t.amount::numeric, 1::bigint, t.gateway_id))""",
)
invariant(
    "transfer.never_more_than_owed",
    "I7: no escrow paid its payee or its payer more than its split and what came late",
    """SELECT e.id::text, taken.kind, taken.amount
       FROM payments_escrow e
       JOIN (SELECT t.escrow_id, t.kind, sum(p.amount) AS amount
             FROM payments_transfer t
             JOIN payments_journalentry j ON j.transfer_id = t.id
             JOIN payments_posting p ON p.entry_id = j.id
             JOIN payments_ledgeraccount a ON a.id = p.account_id
             WHERE a.code IN ('payee_payable', 'escrow')
             GROUP BY t.escrow_id, t.kind) taken ON taken.escrow_id = e.id
       LEFT JOIN (SELECT escrow_id, sum(captured_amount) AS amount
                  FROM payments_charge WHERE escrow_part = 'returned'
                  GROUP BY escrow_id) late ON late.escrow_id = e.id
       WHERE (taken.kind = 'payout' AND taken.amount > coalesce(e.to_payee, 0))
          OR (taken.kind = 'refund'
              AND taken.amount > coalesce(e.to_payer, 0) + coalesce(late.amount, 0))""",
)
invariant(
    "transfer.open_has_next_check",
    "I11: no open transfer is without a next check, or long past it",
    """SELECT id::text, status, next_check_at FROM payments_transfer
       WHERE status IN ('reserved', 'sending')
         AND (next_check_at IS NULL OR next_check_at < now() - interval '1 day')""",
)
invariant(
    "transfer.end_rests_on_evidence",
    "I12: a transfer that ended has what the gateway said of it in the call log",
    """SELECT t.id::text, t.status FROM payments_transfer t
       WHERE (t.status = 'succeeded' AND NOT EXISTS (
                SELECT 1 FROM payments_gatewaycall k
                WHERE k.transfer_id = t.id AND k.gateway_id = t.gateway_id
                  AND k.said_status = 'paid' AND k.said_amount = t.amount
                  AND k.said_currency = t.currency))
          OR (t.status = 'failed' AND t.send_attempts > t.unsent_attempts
              AND NOT EXISTS (
                SELECT 1 FROM payments_gatewaycall k
                WHERE k.transfer_id = t.id
                  AND (k.said_status = 'failed'
                       OR k.outcome IN ('rejected', 'not_found'))))""",
)
invariant(
    "transfer.fee_is_in_ledger",
    "a transfer's fee entry is what the gateway says it took on top",
    """SELECT t.id::text, t.provider_fee, fee.amount
       FROM (SELECT e.transfer_id, sum(p.amount) AS amount
             FROM payments_journalentry e
             JOIN payments_posting p ON p.entry_id = e.id AND p.amount > 0
             WHERE e.kind = 'transfer_fee' GROUP BY e.transfer_id) fee
       FULL JOIN payments_transfer t ON t.id = fee.transfer_id
       WHERE coalesce(fee.amount, 0) <> coalesce(t.provider_fee, 0)""",
)
