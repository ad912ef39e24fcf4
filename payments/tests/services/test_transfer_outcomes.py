"""What a gateway's answer means for money that goes out."""

from datetime import timedelta

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.events.delivering import drain
from lokahome.core.ids import uuid7
from payments.gateways.base import PayoutStatus
from payments.gateways.errors import GatewayRejected, GatewayUnavailable
from payments.models import Transfer
from payments.queries import held_by_gateway, held_in, payable_of
from payments.services import ladder
from payments.services.confirming import GatewaySilent
from payments.services.polling import request_due_checks
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfer_differences import report_unknown_payout
from payments.services.transfer_outcomes import settle_transfer
from payments.services.transfers import approve_transfer, propose_payout

pytestmark = pytest.mark.django_db


def ask(transfer, *, later=timedelta(), source="poll"):
    confirm_transfer(transfer_id=transfer.pk, now=clock.now() + later, source=source)
    transfer.refresh_from_db()
    return transfer


def cases():
    return sorted(Case.objects.values_list("kind", flat=True))


# --- arriving ------------------------------------------------------------------------
def test_what_arrived_leaves_the_gateway_with_its_fee(
    sent_payout, gateway, events, books
):
    payout = sent_payout()
    held = held_by_gateway("fedapay").amount
    gateway.deliver(payout.reference, fee=300)
    ask(payout)
    assert (payout.status, payout.provider_fee) == ("succeeded", 300)
    assert payout.sent_at is not None
    assert payout.ended_at is not None
    assert held_by_gateway("fedapay").amount == held - 20_300
    assert books.balance("transfers_reserved") == 0
    assert events(payout)[-1] == "payout_succeeded"
    books.hold()


def test_a_refund_goes_back_from_the_escrow(owed_escrow, gateway, events, books):
    escrow = owed_escrow(20_000, back=8_000)
    refund = escrow.transfers.get()
    send_transfer(transfer_id=refund.pk, now=clock.now())
    gateway.deliver(refund.reference, fee=150)
    refund = ask(refund)
    assert refund.status == "succeeded"
    assert held_in(escrow.pk).amount == 0
    assert events(refund)[-1] == "refund_succeeded"
    books.hold()


def test_twice_is_one_posting(sent_payout, gateway, books, events):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    before = books.balance("gateway_clearing:fedapay")
    for _ in range(3):
        ask(payout, source="webhook")
    assert books.balance("gateway_clearing:fedapay") == before - 20_300
    assert events(payout).count("payout_succeeded") == 1
    assert cases() == []
    books.hold()


def test_a_fee_that_is_told_later_is_posted_then(sent_payout, gateway, books):
    payout = sent_payout()
    gateway.deliver(payout.reference, fee=None)
    assert ask(payout).provider_fee is None
    gateway.change_payout(payout.reference, fee=300)
    fees = books.balance("gateway_fees:fedapay")
    assert ask(payout, source="staff").provider_fee == 300
    assert books.balance("gateway_fees:fedapay") == fees + 300
    gateway.change_payout(payout.reference, fee=400)
    ask(payout, source="staff")
    assert cases() == ["transfer_fee"]
    books.hold()


def test_an_answer_that_says_paid_at_once_settles(reserved_payout, gateway, books):
    payout = reserved_payout()
    gateway.add_payout(reference=payout.reference, status=PayoutStatus.PAID, fee=300)
    Transfer.objects.filter(pk=payout.pk).update(send_attempts=1)
    send_transfer(transfer_id=payout.pk, now=clock.now())
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    books.hold()


# --- failing -------------------------------------------------------------------------
def test_what_failed_is_the_payees_again(sent_payout, gateway, afi, events, books):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    ask(payout)
    assert (payout.status, payout.failure_code) == ("failed", "unknown")
    assert payable_of(afi.id).amount == 20_000
    assert events(payout)[-1] == "payout_failed"
    ask(payout, source="staff")
    assert events(payout).count("payout_failed") == 1
    books.hold()


def test_a_failed_refund_stays_held_for_the_payer(owed_escrow, gateway, events, books):
    escrow = owed_escrow(20_000, back=8_000)
    refund = escrow.transfers.get()
    send_transfer(transfer_id=refund.pk, now=clock.now())
    gateway.bounce(refund.reference)
    refund = ask(refund)
    assert refund.status == "failed"
    assert held_in(escrow.pk).amount == 8_000
    assert events(refund)[-1] == "refund_failed"
    books.hold()


def test_silence_concludes_nothing(sent_payout, gateway, books):
    payout = sent_payout()
    gateway.next_error = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(GatewaySilent):
        ask(payout)
    payout.refresh_from_db()
    assert (payout.status, payout.check_step) == ("sending", 0)
    assert payout.unanswered_at is not None
    gateway.deliver(payout.reference)
    assert ask(payout).status == "succeeded"
    books.hold()


def test_a_gateway_that_forgot_its_own_payout_concludes_nothing(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.next_error = GatewayRejected("not_found", "no such payout")
    assert ask(payout, later=timedelta(days=2)).status == "sending"
    books.hold()


def test_at_the_end_of_the_ladder_people_look_and_the_money_stays_apart(
    sent_payout, gateway, books
):
    payout = sent_payout()
    Transfer.objects.filter(pk=payout.pk).update(check_step=len(ladder.WAITS))
    assert ask(payout).status == "in_review"
    assert cases() == ["transfer_late"]
    assert books.balance("transfers_reserved") == -20_000
    books.hold()
    gateway.deliver(payout.reference)
    assert ask(payout, source="staff").status == "succeeded"
    books.hold()


def test_what_was_reviewed_may_still_fail(sent_payout, gateway, afi, books):
    payout = sent_payout()
    Transfer.objects.filter(pk=payout.pk).update(check_step=len(ladder.WAITS))
    ask(payout)
    gateway.bounce(payout.reference)
    assert ask(payout, source="staff").status == "failed"
    assert payable_of(afi.id).amount == 20_000
    books.hold()


# --- late, double and different ------------------------------------------------------
def test_told_as_failed_and_arrived_after_all(sent_payout, gateway, afi, books, events):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    ask(payout)
    gateway.deliver(payout.reference)
    ask(payout, source="reconciliation")
    assert payout.status == "succeeded"
    assert payable_of(afi.id).amount == 0
    assert events(payout)[-2:] == ["payout_failed", "payout_succeeded"]
    assert cases() == ["transfer_late"]
    books.hold()


def test_told_as_failed_and_under_way_after_all_is_a_case_at_once(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    ask(payout)
    gateway.change_payout(
        payout.reference, status=PayoutStatus.WAITING, failure_code=None
    )
    assert ask(payout, source="staff").status == "failed"
    assert cases() == ["transfer_late"]
    books.hold()


def test_paid_twice_by_the_gateway_is_nobodys_debt(
    sent_payout, gateway, finance, checker, afi, books
):
    """It failed, was sent anew, and then both arrived: the second is to be found."""
    first = sent_payout()
    gateway.bounce(first.reference)
    ask(first)
    second = propose_payout(
        escrow_id=first.escrow_id, actor=finance.user, now=clock.now()
    )
    approve_transfer(
        transfer_id=second.pk, actor=checker.user, reason="again", now=clock.now()
    )
    send_transfer(transfer_id=second.pk, now=clock.now())
    for payout in (second, first):
        gateway.deliver(payout.reference, fee=300)
        ask(payout, source="staff")
    assert {first.status, Transfer.objects.get(pk=second.pk).status} == {"succeeded"}
    assert payable_of(afi.id).amount == 0
    assert books.balance("suspense:fedapay") == 20_000
    assert cases() == ["transfer_late"]
    books.hold()


@pytest.mark.parametrize(
    ("changes", "case"),
    [
        ({"amount": 19_000}, "transfer_amount"),
        ({"currency": "EUR"}, "transfer_currency"),
        ({"reference": "OTHER"}, "transfer_reference"),
    ],
)
def test_what_differs_never_succeeds(sent_payout, gateway, books, changes, case):
    payout = sent_payout()
    held = books.balance("gateway_clearing:fedapay")
    gateway.deliver(payout.reference, fee=300, **changes)
    ask(payout)
    assert payout.status == "in_review"
    assert cases() == [case]
    # What left is booked, and what was set apart is still there.
    left = changes.get("amount", 20_000) + 300
    assert books.balance("gateway_clearing:fedapay") == held - left
    assert books.balance("transfers_reserved") == -20_000
    ask(payout, source="staff")
    assert books.balance("gateway_clearing:fedapay") == held - left
    books.hold()


def test_an_amount_that_was_wrong_first_is_compared_by_people(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.deliver(payout.reference, amount=19_000)
    ask(payout)
    gateway.deliver(payout.reference, amount=20_000)
    assert ask(payout, source="staff").status == "in_review"
    books.hold()


def test_arrived_here_and_unpaid_there_is_a_case_and_stays(sent_payout, gateway, books):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    ask(payout)
    gateway.bounce(payout.reference)
    assert ask(payout, source="staff").status == "succeeded"
    assert cases() == ["transfer_missing_there"]
    books.hold()


def test_a_second_payout_under_our_reference_is_other_money(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    ask(payout)
    twin = gateway.add_payout(
        reference=payout.reference, status=PayoutStatus.PAID, fee=300
    )
    settle_transfer(transfer_id=payout.pk, evidence=twin, now=clock.now())
    assert cases() == ["transfer_duplicate"]
    assert books.balance("suspense:fedapay") == 20_000


def test_what_nobody_sent_is_booked_once_and_is_a_case(gateway, db, books):
    stray = gateway.add_payout(
        reference="NOT-OURS", status=PayoutStatus.PAID, amount=12_000, fee=300
    )
    told = [
        report_unknown_payout(gateway="fedapay", evidence=stray, now=clock.now())
        for _ in range(2)
    ]
    assert told == [True, False]
    assert books.balance("suspense:fedapay") == 12_000
    assert books.balance("gateway_clearing:fedapay") == -12_300
    assert cases() == ["transfer_missing_here"]
    books.hold()


# --- asking --------------------------------------------------------------------------
def test_nobody_is_asked_about_what_was_not_approved(proposed_payout, gateway):
    payout = proposed_payout()
    calls = len(gateway.calls)
    assert ask(payout, source="staff").status == "proposed"
    assert len(gateway.calls) == calls
    with pytest.raises(NotFound):
        confirm_transfer(transfer_id=uuid7(), now=clock.now(), source="staff")


def test_without_any_webhook_a_payout_ends_by_itself(reserved_payout, gateway, books):
    """The lane sends it, the beat asks about it, the lane books it."""
    payout = reserved_payout()
    drain()
    payout.refresh_from_db()
    assert payout.status == "sending"
    gateway.deliver(payout.reference)
    later = clock.now() + timedelta(minutes=5)
    assert [request_due_checks(now=later) for _ in range(3)] == [1, 0, 0]
    drain()
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    assert request_due_checks(now=later + timedelta(days=30)) == 0
    books.hold()


def test_a_silent_gateway_leaves_no_check_behind(sent_payout, gateway):
    payout = sent_payout()
    gateway.always = GatewayUnavailable("refused", sent=False)
    request_due_checks(now=clock.now() + timedelta(minutes=5))
    drain()
    payout.refresh_from_db()
    assert payout.check_requested_at is None
    assert payout.next_check_at > clock.now()


def test_a_gateway_that_is_back_is_asked_soon_about_everything(
    sent_payout, sent_charge, gateway
):
    payout, charge = sent_payout(), sent_charge()
    far = clock.now() + timedelta(hours=1)
    for row in (payout, charge):
        type(row).objects.filter(pk=row.pk).update(
            next_check_at=far, unanswered_at=clock.now()
        )
    ask(payout)
    charge.refresh_from_db()
    assert charge.next_check_at < far
