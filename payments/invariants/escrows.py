"""What must always hold about escrows: what came in, was split and went out."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "escrow.holds_its_charges",
    "I8: an escrow's account is what came in, less its split, less what went back",
    """SELECT coalesce(kept.party_id, due.id)::text, kept.amount, due.amount
       FROM (SELECT a.party_id, -sum(p.amount) AS amount
             FROM payments_posting p
             JOIN payments_ledgeraccount a ON a.id = p.account_id
             WHERE a.code = 'escrow' GROUP BY a.party_id) kept
       FULL JOIN (SELECT id, sum(amount) AS amount FROM (
                    SELECT escrow_id AS id, captured_amount AS amount
                    FROM payments_charge
                    WHERE escrow_id IS NOT NULL AND captured_amount IS NOT NULL
                    UNION ALL
                    SELECT id, -to_payee FROM payments_escrow
                    WHERE to_payee IS NOT NULL
                    UNION ALL
                    SELECT t.escrow_id, -t.amount FROM payments_transfer t
                    WHERE t.kind = 'refund' AND t.status IN (
                        'reserved', 'sending', 'in_review', 'succeeded')
                      AND NOT EXISTS (
                        SELECT 1 FROM payments_journalentry e
                        JOIN payments_posting p ON p.entry_id = e.id
                        JOIN payments_ledgeraccount a ON a.id = p.account_id
                        WHERE e.transfer_id = t.id AND e.kind = 'transfer_sent'
                          AND a.code LIKE 'suspense:%')) parts
                  GROUP BY id) due ON due.id = kept.party_id
       WHERE coalesce(kept.amount, 0) <> coalesce(due.amount, 0)""",
)
invariant(
    "escrow.split_is_whole",
    "I14: what was split is given to payer and payee to the franc",
    """SELECT e.id::text, e.to_payer, e.to_payee, split.amount
       FROM payments_escrow e
       LEFT JOIN (SELECT escrow_id, sum(captured_amount) AS amount
                  FROM payments_charge WHERE escrow_part = 'split'
                  GROUP BY escrow_id) split ON split.escrow_id = e.id
       WHERE coalesce(e.to_payer + e.to_payee, 0) <> coalesce(split.amount, 0)""",
)
invariant(
    "escrow.state_is_what_it_holds",
    "an escrow is held exactly while some money in it waits for a decision",
    """SELECT e.id::text, e.status, count(c.id), count(c.id) FILTER (
              WHERE c.escrow_part = '')
       FROM payments_escrow e
       LEFT JOIN payments_charge c
         ON c.escrow_id = e.id AND c.captured_amount IS NOT NULL
       GROUP BY e.id, e.status
       HAVING (e.status = 'held') <> (count(c.id) FILTER (
                WHERE c.escrow_part = '') > 0)
           OR (e.status = 'open' AND count(c.id) > 0)""",
)
invariant(
    "escrow.has_the_people_of_its_charges",
    "a charge is held only between the two people of its escrow",
    """SELECT c.id::text, e.id::text FROM payments_charge c
       JOIN payments_escrow e ON e.id = c.escrow_id
       WHERE (c.payer_id, c.payee_id, c.currency)
             IS DISTINCT FROM (e.payer_id, e.payee_id, e.currency)""",
)
