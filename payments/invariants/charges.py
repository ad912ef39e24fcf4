"""What must always hold about charges: states, evidence, and their place in the ledger."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "charge.given_back_at_most_captured",
    "I6: what the ledger took back of a charge never exceeds its capture",
    """SELECT e.charge_id::text, sum(p.amount)
       FROM payments_posting p
       JOIN payments_journalentry e ON e.id = p.entry_id
       JOIN payments_ledgeraccount a ON a.id = p.account_id
       WHERE a.code IN ('payee_payable', 'escrow') AND e.charge_id IS NOT NULL
       GROUP BY e.charge_id HAVING sum(p.amount) > 0
       UNION ALL
       SELECT c.id::text, sum(p.amount) - coalesce(c.captured_amount, 0)
       FROM payments_posting p
       JOIN payments_journalentry e ON e.id = p.entry_id
       JOIN payments_ledgeraccount a ON a.id = p.account_id
       JOIN payments_transfer t ON t.id = e.transfer_id
       JOIN payments_charge c ON c.id = t.charge_id
       WHERE a.code = 'escrow'
       GROUP BY c.id HAVING sum(p.amount) > coalesce(c.captured_amount, 0)""",
)
invariant(
    "charge.open_has_next_check",
    "I11: no open charge is without a next check, or long past it",
    """SELECT id::text, status, next_check_at FROM payments_charge
        WHERE status IN ('created', 'pending', 'requires_action')
          AND (next_check_at IS NULL OR next_check_at < now() - interval '1 day')""",
)
invariant(
    "charge.end_rests_on_evidence",
    "I12: a charge that ended has what the gateway said of it in the call log",
    """SELECT c.id::text, c.status FROM payments_charge c
        WHERE (c.status IN ('succeeded', 'reversed', 'disputed', 'won', 'lost') AND NOT EXISTS (
                 SELECT 1 FROM payments_gatewaycall k
                 WHERE k.charge_id = c.id AND k.gateway_id = c.gateway_id
                   AND k.said_status IN ('paid', 'refunded', 'partly_refunded')
                   AND k.said_amount = c.captured_amount
                   AND k.said_currency = c.currency))
           OR (c.status = 'failed' AND NOT EXISTS (
                 SELECT 1 FROM payments_gatewaycall k
                 WHERE k.charge_id = c.id
                   AND (k.said_status = 'failed' OR k.outcome = 'rejected')))
           OR (c.status = 'expired' AND c.send_attempts > c.unsent_attempts
               AND NOT EXISTS (
                 SELECT 1 FROM payments_gatewaycall k
                 WHERE k.charge_id = c.id
                   AND (k.said_status = 'expired' OR k.outcome = 'not_found')))""",
)
invariant(
    "charge.succeeded_is_in_ledger",
    "a charge is captured exactly when one capture entry holds its captured amount",
    """SELECT c.id::text, c.status, c.captured_amount, b.amount
        FROM payments_charge c
        FULL JOIN (
          SELECT e.charge_id, sum(p.amount) AS amount, count(DISTINCT e.id) AS entries
          FROM payments_journalentry e
          JOIN payments_posting p ON p.entry_id = e.id AND p.amount > 0
          WHERE e.kind = 'capture' GROUP BY e.charge_id) b ON b.charge_id = c.id
        WHERE coalesce(
                c.status IN ('succeeded', 'reversed', 'disputed', 'won', 'lost'), false
              ) <> (b.charge_id IS NOT NULL)
           OR (b.charge_id IS NOT NULL
               AND (b.amount <> c.captured_amount OR b.entries <> 1))""",
)
invariant(
    "charge.fee_is_in_ledger",
    "a charge's fee entry never exceeds what the gateway says it kept",
    """SELECT c.id::text, c.provider_fee, sum(p.amount)
       FROM payments_journalentry e
       JOIN payments_posting p ON p.entry_id = e.id AND p.amount > 0
       LEFT JOIN payments_charge c ON c.id = e.charge_id
       WHERE e.kind = 'gateway_fee'
       GROUP BY c.id, c.provider_fee
       HAVING c.provider_fee IS NULL OR sum(p.amount) > c.provider_fee""",
)
invariant(
    "charge.payable_follows_captures",
    "each person is owed what was captured for them or released to them, and not sent",
    """SELECT coalesce(owed.party_id, due.party_id)::text, owed.amount, due.amount
       FROM (SELECT a.party_id, -sum(p.amount) AS amount
             FROM payments_posting p
             JOIN payments_ledgeraccount a ON a.id = p.account_id
             WHERE a.code = 'payee_payable' AND a.currency = 'XOF'
             GROUP BY a.party_id) owed
       FULL JOIN (SELECT party_id, sum(amount) AS amount FROM (
                    SELECT payee_id AS party_id, captured_amount AS amount
                    FROM payments_charge WHERE captured_amount IS NOT NULL
                      AND escrow_id IS NULL
                      AND status IN ('succeeded', 'disputed', 'won')
                    UNION ALL
                    SELECT payee_id, to_payee FROM payments_escrow
                    WHERE to_payee IS NOT NULL
                    UNION ALL
                    SELECT t.party_id, -t.amount FROM payments_transfer t
                    WHERE t.kind = 'payout' AND t.status IN (
                        'reserved', 'sending', 'in_review', 'succeeded')
                      AND NOT EXISTS (
                        SELECT 1 FROM payments_journalentry e
                        JOIN payments_posting p ON p.entry_id = e.id
                        JOIN payments_ledgeraccount a ON a.id = p.account_id
                        WHERE e.transfer_id = t.id AND e.kind = 'transfer_sent'
                          AND a.code LIKE 'suspense:%')) parts
                  GROUP BY party_id) due ON due.party_id = owed.party_id
       WHERE coalesce(owed.amount, 0) <> coalesce(due.amount, 0)""",
)
