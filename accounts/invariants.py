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
    "identity.levels_rest_on_documents",
    "a hat is above 0 exactly while an identity is proved, and is paid from a tax number",
    """SELECT g.id::text, g.role, g.level FROM accounts_rolegrant g
       CROSS JOIN LATERAL (
         SELECT count(DISTINCT i.document_kind)
                  FILTER (WHERE i.purpose = 'identity') AS papers,
                coalesce(bool_or(i.purpose = 'identity' AND i.document_kind
                  NOT IN ('driving_licence', 'voter_card')), false) AS stands_alone,
                coalesce(bool_or(i.purpose = 'tax'), false) AS taxed,
                coalesce(bool_or(i.purpose = 'ownership'), false) AS owns
         FROM accounts_identitycheck i
         WHERE i.person_id = g.user_id AND i.status = 'accepted'
           AND i.role IN ('', g.role)) proved
       WHERE (g.level > 0) <> (proved.stands_alone OR proved.papers > 1)
          OR (g.level > 1 AND NOT proved.taxed)
          OR (g.level > 1 AND g.role = 'landlord' AND NOT proved.owns)
          OR (g.level > 1 AND g.role IN ('tenant', 'admin'))""",
)
invariant(
    "identity.suspected_has_open_case",
    "a document waits for a second person exactly while its case is open",
    """SELECT coalesce(i.id::text, c.subject), i.status, c.status
       FROM accounts_identitycheck i
       FULL JOIN (SELECT * FROM accounts_case
                  WHERE kind = 'identity_fraud' AND status = 'open') c
         ON c.subject = 'identitycheck:' || i.id
       WHERE (i.status IS NOT DISTINCT FROM 'suspected') <> (c.id IS NOT NULL)""",
)
