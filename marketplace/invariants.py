"""What must always hold between the rows of this app."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "quote.total_is_its_lines",
    "a quote's total is the sum of its lines",
    """SELECT q.id::text, q.total, sum(l.amount) FROM marketplace_quote q
       LEFT JOIN marketplace_quoteline l ON l.quote_id = q.id
       GROUP BY q.id HAVING q.total IS DISTINCT FROM sum(l.amount)""",
)
