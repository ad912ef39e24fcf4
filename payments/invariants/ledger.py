"""What must always hold about the ledger, whatever its entries are about."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "ledger.entries_balance",
    "I1: every entry sums to zero in each currency",
    """SELECT p.entry_id::text, a.currency, sum(p.amount)
       FROM payments_posting p JOIN payments_ledgeraccount a ON a.id = p.account_id
       GROUP BY p.entry_id, a.currency HAVING sum(p.amount) <> 0""",
)
invariant(
    "ledger.sums_to_zero",
    "I2: the whole ledger sums to zero in each currency",
    """SELECT a.currency, sum(p.amount)
       FROM payments_posting p JOIN payments_ledgeraccount a ON a.id = p.account_id
       GROUP BY a.currency HAVING sum(p.amount) <> 0""",
)
invariant(
    "ledger.entries_have_their_legs",
    "I3: every entry has as many non-zero legs as it announced, two at least",
    """SELECT e.id::text, e.legs, count(p.id)
       FROM payments_journalentry e LEFT JOIN payments_posting p ON p.entry_id = e.id
       AND p.amount <> 0
       GROUP BY e.id, e.legs HAVING count(p.id) <> e.legs OR e.legs < 2""",
)
invariant(
    "ledger.one_capture_per_gateway_reference",
    "I5: one capture entry per thing of a gateway, and per charge",
    """SELECT e.gateway || ':' || e.gateway_reference, count(*)
       FROM payments_journalentry e WHERE e.kind = 'capture'
       GROUP BY e.gateway, e.gateway_reference HAVING count(*) > 1
       UNION ALL
       SELECT e.charge_id::text, count(*)
       FROM payments_journalentry e WHERE e.kind = 'capture'
       GROUP BY e.charge_id HAVING count(*) > 1""",
)
invariant(
    "ledger.nothing_is_overdrawn",
    "I7: nobody was sent more than was held for them or owed to them",
    """SELECT a.code, a.party_id::text, sum(p.amount)
       FROM payments_posting p JOIN payments_ledgeraccount a ON a.id = p.account_id
       WHERE a.code IN ('payee_payable', 'escrow', 'transfers_reserved')
       GROUP BY a.code, a.party_id, a.currency HAVING sum(p.amount) > 0""",
)
