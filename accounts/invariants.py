"""What must always hold between the rows of people and cases."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "report.open_while_its_case_is",
    "a report is open exactly while its case is",
    """SELECT r.id::text, c.status FROM accounts_report r
       JOIN accounts_case c ON c.id = r.case_id
       WHERE (r.closed_at IS NULL) <> (c.status = 'open')""",
)
invariant(
    "identity.accepted_raised_every_hat",
    "whose identity was accepted wears no hat below level 1",
    """SELECT g.id::text, g.role FROM accounts_rolegrant g
       WHERE g.level < 1 AND EXISTS (
         SELECT 1 FROM accounts_identitycheck i
         WHERE i.person_id = g.user_id AND i.status = 'accepted')""",
)
