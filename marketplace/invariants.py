"""What must always hold between the rows of this app, and with the money it asked for."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "quote.total_is_its_lines",
    "a quote's total is the sum of its lines",
    """SELECT q.id::text, q.total, sum(l.amount) FROM marketplace_quote q
       LEFT JOIN marketplace_quoteline l ON l.quote_id = q.id
       GROUP BY q.id HAVING q.total IS DISTINCT FROM sum(l.amount)""",
)
invariant(
    "job.price_is_its_quote",
    "a job costs what its accepted quote says, and belongs to its people",
    """SELECT j.id::text, j.amount, q.total, q.status FROM marketplace_job j
       JOIN marketplace_quote q ON q.id = j.quote_id
       JOIN marketplace_servicerequest r ON r.id = j.request_id
       WHERE j.amount <> q.total OR j.currency <> q.currency
          OR q.status <> 'accepted' OR q.request_id <> j.request_id
          OR q.provider_id <> j.provider_id OR r.requester_id <> j.customer_id""",
)
invariant(
    "request.awarded_has_one_live_job",
    "a request is awarded exactly while its one job goes on",
    """SELECT r.id::text, r.status, j.status FROM marketplace_servicerequest r
       LEFT JOIN marketplace_job j ON j.request_id = r.id
       WHERE (r.status = 'awarded') IS DISTINCT FROM
             coalesce(j.status NOT IN ('closed', 'cancelled'), false)
          OR (r.status IN ('open', 'cancelled', 'expired') AND j.id IS NOT NULL)""",
)
invariant(
    "job.paid_is_held",
    "the price of a funded job is in escrow until somebody said whose it is",
    """SELECT j.id::text, j.status, e.status, c.status FROM marketplace_job j
       LEFT JOIN payments_escrow e ON e.id = j.escrow_id
       LEFT JOIN payments_charge c ON c.id = j.charge_id
       WHERE j.status IN ('funded', 'started', 'delivered', 'disputed')
         AND j.to_customer IS NULL
         AND (e.status IS DISTINCT FROM 'held' OR e.settled_at IS NOT NULL
              OR c.escrow_id IS DISTINCT FROM e.id
              OR c.captured_amount IS DISTINCT FROM j.amount)""",
)
invariant(
    "job.money_has_its_people",
    "the escrow of a job is its own, from its customer to its provider",
    """SELECT j.id::text, j.status, e.id::text FROM marketplace_job j
       LEFT JOIN payments_escrow e ON e.id = j.escrow_id
       WHERE j.escrow_id IS NOT NULL
         AND (e.subject, e.payer_id, e.payee_id, e.currency) IS DISTINCT FROM
             ('job:' || j.id, j.customer_id, j.provider_id, j.currency)""",
)
invariant(
    "job.ended_is_split",
    "no job is over with its price still in escrow; the split is the one it shows",
    """SELECT j.id::text, j.status, e.status, j.to_customer, e.to_payer
       FROM marketplace_job j LEFT JOIN payments_escrow e ON e.id = j.escrow_id
       WHERE j.charge_id IS NOT NULL AND j.to_customer IS NOT NULL
         AND (e.settled_at IS NULL OR e.to_payer IS DISTINCT FROM j.to_customer
              OR e.to_payer + e.to_payee IS DISTINCT FROM j.amount)""",
)
invariant(
    "job.late_money_goes_back",
    "money that came for a job after its end is on its way back within the hour",
    """SELECT c.id::text, j.id::text, j.status FROM payments_charge c
       JOIN marketplace_job j ON j.escrow_id = c.escrow_id
       WHERE c.captured_amount IS NOT NULL AND c.escrow_part = ''
         AND c.id IS DISTINCT FROM j.charge_id
         AND c.captured_at < now() - interval '1 hour'
         AND j.status IN ('closed', 'cancelled')""",
)
invariant(
    "job.approved_closes",
    "an approved job closes within the hour",
    """SELECT id::text, approved_at FROM marketplace_job
       WHERE status = 'approved' AND approved_at < now() - interval '1 hour'""",
)
invariant(
    "provider.rating_is_its_reviews",
    "a provider's rating is the sum of the revealed reviews that are not withheld",
    """SELECT p.id::text, p.rating_sum, p.rating_count, sum(v.rating), count(v.id)
       FROM marketplace_providerprofile p
       LEFT JOIN marketplace_review v ON v.about_id = p.person_id
         AND v.author_role = 'customer' AND v.revealed_at IS NOT NULL
         AND v.withheld_at IS NULL
       GROUP BY p.id HAVING p.rating_sum <> coalesce(sum(v.rating), 0)
         OR p.rating_count <> count(v.id)""",
)
