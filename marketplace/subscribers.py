"""What the app of services does when others tell it something."""

from __future__ import annotations

from uuid import UUID

from accounts.events import CaseDecided, CaseOverturned
from lokahome.core import clock
from lokahome.core.events.subscribers import STATE, subscribe
from lokahome.core.money import Money
from marketplace.queries.reported import hidden_by, reason_of
from marketplace.services.disputes import CASE_KIND, keep_dispute_open
from marketplace.services.funding import apply_job_payment, job_of
from marketplace.services.jobs import close_job
from marketplace.services.reviews import restore_review, withhold_review
from marketplace.services.suspensions import reinstate_provider, suspend_provider
from payments.events import ChargeSettled, EscrowSettled


@subscribe(ChargeSettled, lane=STATE)
def fund_job_of_settled_charge(event: ChargeSettled) -> None:
    """Hold money that was taken for the job it was paid for, or give it back."""
    if job_id := job_of(event.subject_ref):
        apply_job_payment(
            charge_id=event.charge_id,
            job_id=job_id,
            amount=Money(event.amount, event.currency),
            captured_at=event.captured_at,
            now=clock.now(),
        )


@subscribe(EscrowSettled, lane=STATE)
def close_job_of_settled_escrow(event: EscrowSettled) -> None:
    """Close the job whose money was split, and resolve the ticket that asked for it."""
    if job_id := job_of(event.subject_ref):
        to_customer = Money(event.to_payer, event.currency)
        close_job(job_id=job_id, to_customer=to_customer, now=clock.now())


@subscribe(CaseDecided, lane=STATE)
def keep_undecided_dispute(event: CaseDecided) -> None:
    """Open a new case when a dispute's was decided and its money was not."""
    job_id = job_of(event.subject_ref)
    if event.kind == CASE_KIND and job_id:
        keep_dispute_open(job_id=job_id, case_id=event.case_id, now=clock.now())


@subscribe(CaseDecided, lane=STATE)
def withhold_review_of_decided_case(event: CaseDecided) -> None:
    """Hide the review that the staff decided to hide."""
    if review_id := _hidden(event, "review"):
        withhold_review(
            review_id=review_id,
            actor_id=None,
            reason=reason_of(event.case_id),
            now=clock.now(),
        )


@subscribe(CaseDecided, lane=STATE)
def suspend_provider_of_decided_case(event: CaseDecided) -> None:
    """Take off the provider whom the staff decided to hide."""
    if provider_id := _hidden(event, "provider"):
        suspend_provider(
            provider_id=provider_id,
            actor_id=None,
            reason=reason_of(event.case_id),
            now=clock.now(),
        )


@subscribe(CaseOverturned, lane=STATE)
def undo_overturned_case(event: CaseOverturned) -> None:
    """Show the review again, or the provider, whose hiding an appeal took back."""
    reason = f"case:{event.case_id}"
    if review_id := _hidden(event, "review"):
        restore_review(
            review_id=review_id, actor_id=None, reason=reason, now=clock.now()
        )
    if provider_id := _hidden(event, "provider"):
        reinstate_provider(
            provider_id=provider_id, actor_id=None, reason=reason, now=clock.now()
        )


def _hidden(event: CaseDecided | CaseOverturned, noun: str) -> UUID | None:
    return hidden_by(
        kind=event.kind,
        decision=event.decision,
        subject=event.subject_ref,
        noun=noun,
    )
