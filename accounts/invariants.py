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
invariant(
    "identity.doubted_has_open_case",
    "an acceptance waits to be taken back exactly while its case is open",
    """SELECT coalesce(i.id::text, c.subject), i.status, c.status
       FROM (SELECT * FROM accounts_identitycheck
             WHERE status = 'accepted' AND doubted_by_id IS NOT NULL) i
       FULL JOIN (SELECT * FROM accounts_case
                  WHERE kind = 'identity_revocation' AND status = 'open') c
         ON c.subject = 'identitycheck:' || i.id
       WHERE i.id IS NULL OR c.id IS NULL""",
)
invariant(
    "agency.has_an_owner",
    "an agency that was not closed has an owner",
    """SELECT a.id::text, a.status FROM accounts_agency a
       WHERE a.status <> 'closed' AND NOT EXISTS (
         SELECT 1 FROM accounts_membership m
         WHERE m.agency_id = a.id AND m.status = 'active' AND m.role = 'owner')""",
)
invariant(
    "sanction.closes_while_it_lasts",
    "nobody whose account is suspended or banned may sign in",
    """SELECT u.id::text, s.kind FROM accounts_user u
       JOIN accounts_sanction s ON s.person_id = u.id
       WHERE s.status = 'active' AND s.kind IN ('suspend', 'ban') AND u.is_active""",
)
invariant(
    "sanction.restricts_while_it_lasts",
    "people are restricted exactly while a restriction is in force",
    """SELECT u.id::text, u.is_restricted FROM accounts_user u
       WHERE u.is_restricted <> EXISTS (
         SELECT 1 FROM accounts_sanction s WHERE s.person_id = u.id
         AND s.kind = 'restrict' AND s.status = 'active')""",
)
invariant(
    "staff.hats_are_apart",
    "no colleague holds both finance groups, nor a permission outside of groups, nor"
    " anything at all once their account is closed",
    """SELECT u.id::text, string_agg(g.name, ',') FROM accounts_user u
       LEFT JOIN accounts_user_groups ug ON ug.user_id = u.id
       LEFT JOIN auth_group g ON g.id = ug.group_id
       GROUP BY u.id
       HAVING count(*) FILTER (
                WHERE g.name IN ('finance_maker', 'finance_checker')) > 1
          OR (count(g.id) > 0 AND NOT (u.is_staff AND u.is_active))
          OR EXISTS (SELECT 1 FROM accounts_user_user_permissions p
                     WHERE p.user_id = u.id)""",
)
invariant(
    "sanction.ends_in_time",
    "no sanction is in force an hour after its end",
    """SELECT s.id::text, s.ends_at FROM accounts_sanction s
       WHERE s.status = 'active' AND s.ends_at < now() - interval '1 hour'""",
)
invariant(
    "sanction.closed_has_no_session",
    "no session goes on of somebody who is suspended or banned",
    """SELECT n.id::text, s.id::text FROM accounts_sanction n
       JOIN accounts_session s ON s.user_id = n.person_id
       WHERE n.status = 'active' AND n.kind IN ('suspend', 'ban')
         AND s.ended_at IS NULL AND s.expires_at > now()""",
)
invariant(
    "appeal.open_while_its_case_is",
    "an appeal is open exactly while its case is",
    """SELECT a.id::text, c.status FROM accounts_appeal a
       JOIN accounts_case c ON c.kind = 'appeal' AND c.subject = 'appeal:' || a.id
       WHERE (a.status = 'open') <> (c.status = 'open')""",
)
invariant(
    "staff.reveals_stay_few",
    "nobody of the staff reveals more than a hundred people and addresses in a day",
    # Ids begin with the millisecond: the day is found by the primary key.
    """SELECT actor_id::text, count(*) FROM core_auditevent
       WHERE action LIKE '%.reveal'
         AND id > (lpad(to_hex((extract(epoch FROM now() - interval '1 day') * 1000)
                    ::bigint), 12, '0') || repeat('0', 20))::uuid
       GROUP BY actor_id HAVING count(*) > 100""",
)
