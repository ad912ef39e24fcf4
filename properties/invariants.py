"""What must always hold between the rows of this app."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "rent.period_paid_is_allocated",
    "what a period shows as paid is the sum of its allocations",
    """SELECT p.id::text, p.paid, coalesce(sum(a.amount), 0)
       FROM properties_rentperiod p
       LEFT JOIN properties_rentallocation a ON a.period_id = p.id
       GROUP BY p.id, p.paid HAVING p.paid <> coalesce(sum(a.amount), 0)""",
)
invariant(
    "rent.paid_period_is_whole",
    "no paid period is below its rent",
    """SELECT id::text, paid, amount FROM properties_rentperiod
       WHERE status = 'paid' AND paid < amount""",
)
invariant(
    "rent.captured_is_allocated_or_credit",
    "each payment's captured amount is its allocations and its credit",
    """SELECT r.charge_id::text, r.captured, r.credit, coalesce(sum(a.amount), 0)
       FROM properties_rentpayment r
       LEFT JOIN properties_rentallocation a ON a.charge_id = r.charge_id
       GROUP BY r.id HAVING r.captured <> r.credit + coalesce(sum(a.amount), 0)""",
)
invariant(
    "lease.one_running_per_unit",
    "a unit has at most one running lease",
    """SELECT unit_id::text, count(*) FROM properties_lease
       WHERE status IN ('active', 'notice_given')
       GROUP BY unit_id HAVING count(*) > 1""",
)
invariant(
    "lease.active_is_signed_by_both",
    "a lease that ever ran carries both signatures of its terms",
    """SELECT l.id::text FROM properties_lease l
       WHERE l.activated_at IS NOT NULL AND 2 <> (
         SELECT count(DISTINCT s.role) FROM properties_leasesignature s
         WHERE s.lease_id = l.id AND s.terms_digest = l.terms_digest)""",
)
invariant(
    "listing.published_has_point_and_photo",
    "a published listing has a public point and a photo",
    """SELECT l.id::text FROM properties_listing l
       WHERE l.status = 'published' AND (l.public_point IS NULL OR NOT EXISTS (
         SELECT 1 FROM properties_listingphoto p WHERE p.listing_id = l.id))""",
)
invariant(
    "ticket.parties_are_its_leases",
    "a ticket's landlord and tenant are those of its lease",
    """SELECT t.id::text FROM properties_ticket t
       JOIN properties_lease l ON l.id = t.lease_id
       WHERE t.landlord_id <> l.landlord_id OR t.tenant_id <> l.tenant_id""",
)
invariant(
    "ticket.contested_has_case",
    "a contested payer was put to the staff",
    """SELECT t.id::text FROM properties_ticket t
       WHERE t.contested_at IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM accounts_case c
         WHERE c.kind = 'ticket_payer' AND c.subject = 'ticket:' || t.id)""",
)
invariant(
    "listing.handled_under_a_mandate",
    "an agency that handles a listing has a mandate that includes it",
    """SELECT l.id::text, l.agency_id::text FROM properties_listing l
       WHERE l.agency_id IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM properties_mandate m
         WHERE m.unit_id = l.unit_id AND m.agency_id = l.agency_id
           AND m.status = 'active' AND m.includes_listing)""",
)
invariant(
    "mandate.fees_within_the_cap",
    "the fees of all mandates that run at once on a unit are 10 % of its rent at most",
    """SELECT m.id::text, sum(o.fee_bps)::text FROM properties_mandate m
       JOIN properties_mandate o ON o.unit_id = m.unit_id
         AND o.status IN ('proposed', 'active')
         AND o.starts_on <= m.starts_on AND o.expires_on >= m.starts_on
       WHERE m.status IN ('proposed', 'active')
       GROUP BY m.id HAVING sum(o.fee_bps) > 1000""",
)
invariant(
    "listing.published_of_an_open_account",
    "nothing is public of somebody suspended, banned or erased a quarter of an hour ago",
    """SELECT l.id::text FROM properties_listing l
       JOIN accounts_user u ON u.id = l.landlord_id
       WHERE l.status = 'published' AND (
         u.erased_at IS NOT NULL OR EXISTS (
           SELECT 1 FROM accounts_sanction s
           WHERE s.person_id = u.id AND s.status = 'active'
             AND s.kind IN ('suspend', 'ban')
             AND s.starts_at < now() - interval '15 minutes'))""",
)
