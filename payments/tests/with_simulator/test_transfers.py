"""Money that goes out, against the simulator: webhooks with its signatures, its faults.

The books of both sides must end equal, to the franc.
"""

from datetime import timedelta

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from lokahome.tests.people import make_person
from payments.management.commands.ledger_totals import totals_of
from payments.models import Charge, GatewayNotice, Payout, Refund, Transfer
from payments.services.escrow import open_escrow, settle_escrow
from payments.services.payout_reconciliation import reconcile_payouts
from payments.services.transfers import approve_transfer, propose_payout
from payments.tests import simulation
from payments.tests.conftest import AMA, KOSSI

PREFIX = "+2290197000"  # and the outcome's three digits
AMOUNT = 8_000  # small enough for a refund to need no second person

# Ending of the wallet that paid -> where its refund ends.
REFUNDS = {
    "001": "succeeded",
    "006": "succeeded",  # the webhook never comes
    "007": "succeeded",  # it comes twice
    "012": "succeeded",  # it comes before the answer to the call
    "013": "succeeded",  # a forged one comes first
    "015": "succeeded",  # the call is never answered
    "021": "failed",
    "022": "sending",
    "023": "succeeded",  # failed at first
    "026": "failed",  # the number is refused
    "027": "succeeded",  # neither answer nor webhook
    "028": "succeeded",  # the call answers 500
    "029": "failed",  # and no webhook says so
}


@pytest.fixture
def new_escrow(new_charge):
    """Make an escrow with a charge that was asked of a wallet."""

    def make(ending="001", *, amount=AMOUNT, payee_id=KOSSI):
        subject = f"thing:{uuid7()}"
        escrow = open_escrow(
            subject=subject, payer_id=AMA, payee_id=payee_id, now=clock.now()
        )
        new_charge(
            payer=AMA,
            payee=payee_id,
            amount=amount,
            subject=subject,
            escrow_id=escrow.pk,
            payer_phone=f"{PREFIX}{ending}",
        )
        return escrow

    return make


def settle(escrow, *, to_payer):
    settle_escrow(
        escrow_id=escrow.pk,
        to_payer=Money(to_payer),
        now=clock.now(),
        actor_id=None,
        reason="test",
    )


def all_paid():
    return set(Charge.objects.values_list("status", flat=True)) == {"succeeded"}


def states(transfers):
    found = dict(Transfer.objects.values_list("pk", "status"))
    return {name: found[transfer.pk] for name, transfer in transfers.items()}


def reconcile():
    now = clock.now()
    return reconcile_payouts(
        gateway="fedapay",
        window_from=now - timedelta(hours=1),
        window_until=now,
        now=now,
    )


def assert_books_agree(simulator, books):
    ours, theirs = totals_of("fedapay"), simulator.totals()
    names = ("net", "collected", "fees", "paid_out", "payout_fees")
    assert {n: ours[n] for n in names} == {n: theirs[n] for n in names}
    books.hold()


@pytest.fixture
def paid_payout(new_escrow, world, finance, checker):
    """Make a payout that was approved, to a fresh payee with a wallet of *ending*."""

    def make(ending, amount=20_000):
        payee = make_person(
            name="Rita",
            phone=f"+2290166{ending}{ending}",
            roles=("provider",),
            level=2,
        )
        escrow = new_escrow(amount=amount, payee_id=payee.pk)
        world.until(all_paid)
        settle(escrow, to_payer=0)
        payout = propose_payout(
            escrow_id=escrow.pk, actor=finance.user, now=clock.now()
        )
        return approve_transfer(
            transfer_id=payout.pk,
            actor=checker.user,
            reason="Vérifié.",
            now=clock.now(),
        )

    return make


def test_every_refund_ends_and_the_books_agree(
    committed, simulator, gateway, new_escrow, world, books
):
    escrows = {ending: new_escrow(ending) for ending in REFUNDS}
    world.until(all_paid)
    for escrow in escrows.values():
        settle(escrow, to_payer=AMOUNT)
    refunds = {n: Refund.objects.get(escrow=e) for n, e in escrows.items()}

    def ended():
        # What failed and arrived after all is found by the list, or by a webhook.
        reconcile()
        return states(refunds) == REFUNDS or None

    world.until(ended)
    world.turn()
    # Only where somebody looked in between was 023 told as failed.
    assert set(Case.objects.values_list("kind", flat=True)) <= {"transfer_late"}
    for refund in refunds.values():
        assert len(simulator.payouts(refund.reference)) == 1
    assert set(world.answers) <= {200, 401}
    assert GatewayNotice.objects.filter(outcome="waiting").count() == 0
    confirmed = GatewayNotice.objects.filter(object_type="payout", outcome="confirmed")
    assert confirmed.exclude(transfer=None).count() == confirmed.count() > 0
    assert_books_agree(simulator, books)


def test_without_any_webhook_payouts_end_the_same(
    committed, simulator, gateway, paid_payout, world, books
):
    payouts = {ending: paid_payout(ending) for ending in ("001", "002")}
    wanted = {"001": "succeeded", "002": "failed"}
    world.until(lambda: states(payouts) == wanted or None, hooks=False)
    notices = GatewayNotice.objects.filter(object_type="payout", transfer=None)
    assert not notices.filter(outcome="confirmed").exists()
    run = reconcile()
    assert (run.state, run.listed_sum, run.ledger_sum) == ("agreed", 20_000, 20_000)
    assert_books_agree(simulator, books)


def test_an_arrival_that_nobody_told_is_found_by_the_reconciliation_alone(
    committed, simulator, gateway, paid_payout, world, books
):
    payout = paid_payout("004")
    world.until(lambda: states({1: payout}) == {1: "sending"} or None)
    simulator.post(f"fedapay/payouts/{payout.reference}/send")
    run = reconcile()
    assert (run.healed, run.state) == (1, "agreed")
    assert states({1: payout}) == {1: "succeeded"}
    assert_books_agree(simulator, books)


def test_one_that_failed_and_arrived_after_all_is_a_case_and_in_both_books(
    committed, simulator, gateway, paid_payout, world, books
):
    payout = paid_payout("004")
    world.until(lambda: states({1: payout}) == {1: "sending"} or None)
    simulator.post(f"fedapay/payouts/{payout.reference}/fail")
    world.until(lambda: states({1: payout}) == {1: "failed"} or None)
    simulator.post(f"fedapay/payouts/{payout.reference}/send")
    assert reconcile().healed == 1
    assert states({1: payout}) == {1: "succeeded"}
    assert Case.objects.get().kind == "transfer_late"
    assert_books_agree(simulator, books)


@pytest.mark.parametrize(
    ("fault", "on"),
    [
        ("timeout_before", "payout_create"),
        ("timeout_after", "payout_create"),
        ("error_before", "payout_start"),
        ("timeout_after", "payout_start"),
        ("html_after", "payout_start"),
        ("drop_after", "payout_create"),
    ],
)
def test_a_lost_answer_sends_once(
    committed, simulator, gateway, paid_payout, world, books, fault, on
):
    payout = paid_payout("001")
    simulator.fault(fault, on=on, reference=payout.reference)
    world.until(lambda: states({1: payout}) == {1: "succeeded"} or None)
    sent = [r for r in simulator.rows(payout.reference) if r["kind"] == "payout.sent"]
    assert len(sent) == 1
    assert len(simulator.payouts(payout.reference)) == 1
    assert_books_agree(simulator, books)


def test_a_gateway_killed_in_the_middle_sends_once(
    committed, simulator, gateway, paid_payout, world, books
):
    payout = paid_payout("001")
    drain(rounds=1)
    simulator.kill()
    world.turn()
    assert states({1: payout})[1] in ("reserved", "sending")
    simulator.start()
    world.until(lambda: states({1: payout}) == {1: "succeeded"} or None)
    assert len(simulator.payouts(payout.reference)) == 1
    assert_books_agree(simulator, books)


def test_money_sent_behind_our_back_is_a_case_and_in_the_books(
    committed, simulator, gateway, world, books
):
    from payments.tests.simulators.conftest import FedaPayApi
    from payments.tests.simulators.test_payouts import send

    send(FedaPayApi(simulator), "LP-NOT-OURS", amount=12_000)
    world.until(lambda: Case.objects.count() == 1 or None)
    case = Case.objects.get()
    assert case.kind == "transfer_missing_here"
    assert Payout.objects.count() == 0
    run = reconcile()
    assert (run.state, run.listed_sum, run.ledger_sum) == ("agreed", 12_000, 12_000)
    assert totals_of("fedapay")["suspense"] == -12_000
    assert_books_agree(simulator, books)


def test_a_forged_webhook_about_a_payout_is_refused(
    committed, simulator, gateway, paid_payout, world, books
):
    payout = paid_payout("004")
    world.until(lambda: states({1: payout}) == {1: "sending"} or None)
    world.turn()
    before = len(world.answers)
    simulator.post(f"fedapay/payouts/{payout.reference}/forge")
    simulation.wait_until(lambda: world.carry() or len(world.answers) > before)
    assert world.answers[-1] == 401
    world.turn()
    assert states({1: payout}) == {1: "sending"}
    assert_books_agree(simulator, books)
