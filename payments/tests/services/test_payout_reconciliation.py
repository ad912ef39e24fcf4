"""The gateway's payouts beside our transfers: every seeded difference, and no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Case
from accounts.services.moderation.cases import decide_case
from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from payments.gateways.base import PayoutStatus
from payments.gateways.errors import GatewayUnavailable, GatewayUntrusted
from payments.management.commands.ledger_totals import totals_of
from payments.models import ReconciliationRun, Transfer
from payments.services.payout_reconciliation import reconcile_payouts
from payments.services.sending import send_transfer
from payments.tests.going_out import approved, asked

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def old_payout(arrived_payout):
    """Make a payout that arrived and that the gateway's list must hold by now."""

    def make(*amounts):
        payout = arrived_payout(*amounts)
        assert payout.status == "succeeded"
        return payout

    return make


def reconcile(*, later=timedelta(minutes=5)):
    now = clock.now() + later
    return reconcile_payouts(
        gateway="fedapay", window_from=now - 2 * HOUR, window_until=now, now=now
    )


def kinds():
    return sorted(Case.objects.values_list("kind", flat=True))


def test_it_works(old_payout, sent_payout, arrived_refund):
    old_payout()
    old_payout(15_000)
    arrived_refund(8_000)
    sent_payout()
    run = reconcile()
    assert (run.flow, run.state) == ("out", ReconciliationRun.State.AGREED)
    assert (run.listed, run.listed_paid, run.ours, run.ours_captured) == (4, 3, 4, 3)
    assert run.listed_sum == run.ledger_sum == run.ours_sum == 43_000
    assert run.listed_fees == 750
    assert (run.healed, run.differences) == (0, {})
    assert Case.objects.count() == 0


def test_an_agreeing_list_asks_about_nothing(old_payout, gateway):
    for _ in range(3):
        old_payout()
    gateway.calls.clear()
    reconcile()
    assert gateway.calls == ["list_payouts"]


def test_what_arrived_there_and_waits_here_is_healed(sent_payout, gateway, books):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    run = reconcile()
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    assert (run.healed, run.state) == (1, ReconciliationRun.State.AGREED)
    assert run.ledger_sum == run.listed_sum == 20_000
    books.hold()


def test_a_lost_answer_is_healed(proposed_payout, checker, gateway, books):
    payout = approved(proposed_payout(), checker)
    gateway.lose_answer = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(RetryLater):
        send_transfer(transfer_id=payout.pk, now=clock.now())
    payout.refresh_from_db()
    assert (payout.status, payout.gateway_id) == ("reserved", "")
    gateway.deliver(payout.reference)
    assert reconcile().healed == 1
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    books.hold()


def test_what_failed_there_and_is_on_its_way_here_is_healed(
    sent_payout, gateway, books, afi
):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    assert reconcile().healed == 1
    payout.refresh_from_db()
    assert payout.status == "failed"
    assert books.balance("payee_payable", afi.id) == -20_000
    books.hold()


def test_what_failed_here_and_arrived_there_is_healed_with_a_case(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    assert asked(payout).status == "failed"
    gateway.deliver(payout.reference)
    assert reconcile().healed == 1
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    assert kinds() == ["transfer_late"]
    books.hold()


def test_a_late_fee_is_healed(arrived_payout, gateway, books):
    payout = arrived_payout(fee=None)
    gateway.change_payout(payout.reference, fee=300)
    assert reconcile().healed == 1
    assert totals_of("fedapay")["payout_fees"] == 300
    assert reconcile().healed == 0
    assert Case.objects.count() == 0
    books.hold()


def seed_missing_here(payout, gateway):
    gateway.add_payout(reference="NOT-OURS", amount=12_000)
    gateway.deliver("NOT-OURS")


def seed_missing_there(payout, gateway):
    del gateway.payouts[payout.gateway_id]


def seed_unsent_there(payout, gateway):
    gateway.bounce(payout.reference)


def seed_amount(payout, gateway):
    gateway.change_payout(payout.reference, amount=19_999)


def seed_currency(payout, gateway):
    gateway.change_payout(payout.reference, currency="EUR")


def seed_fee(payout, gateway):
    gateway.change_payout(payout.reference, fee=301)


def seed_duplicate(payout, gateway):
    twin = replace(gateway.payout(payout.reference), gateway_id="777")
    gateway.payouts["777"] = twin


def seed_reference(payout, gateway):
    gateway.change_payout(payout.reference, reference="LPSOMEBODYELSE")


SEEDED = [
    (seed_missing_here, "missing_here"),
    (seed_missing_there, "missing_there"),
    (seed_unsent_there, "missing_there"),
    (seed_amount, "amount"),
    (seed_currency, "currency"),
    (seed_fee, "fee"),
    (seed_duplicate, "duplicate"),
    (seed_reference, "reference"),
]


@pytest.mark.parametrize(("seed", "expected"), SEEDED)
def test_each_difference_is_one_case_of_its_class_and_stays_one(
    old_payout, gateway, books, seed, expected
):
    innocent = old_payout()
    seed(old_payout(), gateway)
    run = reconcile()
    assert run.state == ReconciliationRun.State.DIFFERENT
    assert run.differences == {expected: 1}
    case = Case.objects.get()
    assert case.kind == f"transfer_{expected}"
    assert str(innocent.pk) not in case.subject
    reconcile()
    decide_case(
        case_id=case.pk,
        decision="closed",
        reason="Vu avec la passerelle.",
        actor=None,
        now=clock.now(),
    )
    reconcile()
    assert Case.objects.count() == 1
    assert Transfer.objects.filter(status="succeeded").count() == 2
    books.hold()


def test_a_mismatch_found_by_the_list_is_reviewed_and_its_money_unexplained(
    sent_payout, gateway, books
):
    payout = sent_payout()
    gateway.deliver(payout.reference, amount=19_000)
    run = reconcile()
    payout.refresh_from_db()
    assert payout.status == "in_review"
    assert run.differences == {"amount": 1}
    assert run.ledger_sum == run.listed_sum == 19_000
    assert books.balance("suspense:fedapay") == 19_000
    gateway.calls.clear()
    reconcile()
    assert gateway.calls == ["list_payouts"]
    books.hold()


def test_an_unknown_one_that_only_the_list_calls_sent_is_no_case(gateway, monkeypatch):
    stray = gateway.add_payout(reference="NOT-OURS")
    listed = replace(stray, status=PayoutStatus.PAID)
    monkeypatch.setattr(gateway, "list_payouts", lambda **_: iter((listed,)))
    assert reconcile().state == ReconciliationRun.State.AGREED
    assert Case.objects.count() == 0


def test_a_list_that_breaks_off_says_nothing_about_the_absent(old_payout, gateway):
    old_payout()
    gateway.payouts.clear()
    gateway.next_error = GatewayUnavailable("timed out", sent=True)
    assert reconcile().state == ReconciliationRun.State.UNANSWERED
    assert Case.objects.count() == 0


def test_bad_rows_do_not_hide_the_good_ones(sent_payout, gateway, monkeypatch):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    whole = gateway.list_payouts

    def with_a_bad_row(**window):
        yield from whole(**window)
        raise GatewayUntrusted("1 payouts in the list cannot be read")

    monkeypatch.setattr(gateway, "list_payouts", with_a_bad_row)
    run = reconcile()
    assert (run.healed, run.state) == (1, ReconciliationRun.State.UNANSWERED)


def test_a_list_that_lags_makes_no_case(old_payout, gateway, monkeypatch):
    old_payout()
    monkeypatch.setattr(gateway, "list_payouts", lambda **_: iter(()))
    assert reconcile().state == ReconciliationRun.State.AGREED
    assert Case.objects.count() == 0


def test_what_is_too_young_for_the_list_makes_no_case(old_payout, gateway):
    payout = old_payout()
    del gateway.payouts[payout.gateway_id]
    run = reconcile(later=timedelta())
    assert run.state == ReconciliationRun.State.AGREED


def test_a_silent_gateway_ends_the_run_unanswered(sent_payout, gateway, monkeypatch):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    rows = list(gateway.payouts.values())
    monkeypatch.setattr(gateway, "list_payouts", lambda **_: iter(rows))
    gateway.always = GatewayUnavailable("refused", sent=False)
    assert reconcile().state == ReconciliationRun.State.UNANSWERED
    payout.refresh_from_db()
    assert payout.status == "sending"


def test_the_totals_of_both_books_are_named_alike(old_payout, arrived_refund, gateway):
    old_payout()
    arrived_refund(8_000, 20_000)
    totals = totals_of("fedapay")
    assert totals == {
        "net": 40_000 - 720 - 28_000 - 450,
        "fees": 720,
        "suspense": 0,
        "collected": 40_000,
        "paid_out": 28_000,
        "payout_fees": 450,
    }


def test_a_list_costs_one_comparison_whatever_its_length(
    old_payout, gateway, django_assert_max_num_queries
):
    for _ in range(4):
        old_payout()
    with django_assert_max_num_queries(8):
        reconcile()
