"""Two people, or two workers, at the same moment: one effect, and the money once.

Each race has its control: the same work with the lock taken away goes wrong.
"""

from contextlib import contextmanager

import pytest
from django.db import IntegrityError

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from lokahome.core.events.models import OutboxEvent
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff
from lokahome.tests.threads import race
from payments.gateways.errors import GatewayUnavailable
from payments.models import Escrow, JournalEntry, Transfer
from payments.queries import payable_of
from payments.services import escrow as escrows
from payments.services import reserving, transfer_outcomes, transfers
from payments.services.escrow import (
    AlreadySplit,
    open_escrow,
    return_late_money,
    settle_escrow,
)
from payments.services.reserving import NotCovered
from payments.services.sending import send_transfer
from payments.services.settlement import settle_charge
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfer_outcomes import (
    apply_payout_evidence,
    settle_transfer,
)
from payments.services.transfers import (
    NothingDue,
    approve_transfer,
    propose_payout,
    refuse_transfer,
)

ROUNDS, TRIES = 3, 5


def failures(results):
    return [item for item in results if isinstance(item, BaseException)]


def entries(kind):
    return JournalEntry.objects.filter(kind=kind).count()


def unlocked(queryset, pk):
    return queryset.get(pk=pk)


def decide(decision, transfer, person):
    return decision(
        transfer_id=transfer.pk, actor=person.user, reason="seen", now=clock.now()
    )


@contextmanager
def without(*taken):
    """Switch protections off: (module, name, replacement) each."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, replacement in taken:
            patch.setattr(module, name, replacement)
        yield


# --- deciding ------------------------------------------------------------------------
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_approvals_at_once_reserve_once(committed, proposed_payout, books, round_):
    payout = proposed_payout()
    checkers = [make_staff(f"c{number}", "finance_checker") for number in range(6)]
    results = race(6, lambda i: decide(approve_transfer, payout, checkers[i]))
    assert len(failures(results)) == 5
    assert all(isinstance(item, TransitionRefused) for item in failures(results))
    assert entries("transfer_reserve") == 1
    reserved = OutboxEvent.objects.filter(name="payments.transfer_reserved")
    assert reserved.count() == 1
    payout.refresh_from_db()
    (winner,) = [item for item in results if isinstance(item, Transfer)]
    assert payout.approved_by_id == winner.approved_by_id
    books.hold()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_approved_or_refused_never_both(committed, proposed_payout, books, round_):
    payout = proposed_payout()
    checkers = [make_staff(f"c{number}", "finance_checker") for number in range(6)]
    decisions = (approve_transfer, refuse_transfer)
    results = race(6, lambda i: decide(decisions[i % 2], payout, checkers[i]))
    assert len(failures(results)) == 5
    payout.refresh_from_db()
    assert payout.status in ("reserved", "refused")
    assert entries("transfer_reserve") == (payout.status == "reserved")
    books.hold()


def test_control_without_the_lock_a_decision_is_taken_twice(committed, proposed_payout):
    """The control: rows unlocked. The trigger and the unique entry are what is left."""
    checkers = [make_staff(f"c{number}", "finance_checker") for number in range(6)]
    collided = 0
    decisions = (approve_transfer, refuse_transfer)
    with without((reserving, "locked", unlocked)):
        for _ in range(TRIES):
            payout = proposed_payout()
            results = race(
                6,
                lambda i, payout=payout: decide(decisions[i % 2], payout, checkers[i]),
            )
            collided += (
                any(isinstance(item, IntegrityError) for item in failures(results))
                or sum(isinstance(item, Transfer) for item in results) > 1
            )
    assert collided >= 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_sum_is_proposed_once(committed, owed_escrow, finance, books, round_):
    escrow = owed_escrow()
    results = race(
        6,
        lambda _: propose_payout(
            escrow_id=escrow.pk, actor=finance.user, now=clock.now()
        ),
    )
    assert all(isinstance(item, NothingDue) for item in failures(results))
    assert Transfer.objects.count() == 1
    books.hold()


def test_control_without_the_lock_it_is_proposed_often(committed, owed_escrow, finance):
    with without((transfers, "locked", unlocked)):
        for _ in range(TRIES):
            escrow = owed_escrow()
            race(
                6,
                lambda _, escrow=escrow: propose_payout(
                    escrow_id=escrow.pk, actor=finance.user, now=clock.now()
                ),
            )
    assert Transfer.objects.count() > TRIES


# --- one balance ---------------------------------------------------------------------
@pytest.fixture
def spent_twice(owed_escrow, finance, checker, monkeypatch):
    """Two approved-to-be payouts of two escrows, and a balance that covers one."""

    def make():
        payouts = [
            propose_payout(
                escrow_id=owed_escrow(20_000).pk, actor=finance.user, now=clock.now()
            )
            for _ in range(2)
        ]
        real = reserving.account_balance

        def half(code, **fields):
            balance = real(code, **fields)
            # As if somebody had taken one of the two sums back meanwhile.
            return balance + Money(20_000) if code == "payee_payable" else balance

        monkeypatch.setattr(reserving, "account_balance", half)
        return payouts

    return make


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_balance_is_reserved_once(
    committed, spent_twice, checker, afi, books, round_
):
    payouts = spent_twice()
    results = race(2, lambda i: decide(approve_transfer, payouts[i], checker))
    assert [type(item) for item in failures(results)] == [NotCovered]
    assert payable_of(afi.id) == Money(20_000)  # the half that is not there
    books.hold()


def test_control_without_the_key_of_the_balance_it_is_reserved_twice(
    committed, spent_twice, checker, afi
):
    def no_lock(*_parts):
        return None

    twice = 0
    with without((reserving, "advisory_lock", no_lock)):
        for _ in range(TRIES * 2):
            before = payable_of(afi.id).amount
            payouts = spent_twice()
            results = race(
                2,
                lambda i, payouts=payouts: decide(
                    approve_transfer, payouts[i], checker
                ),
            )
            twice += not failures(results)
            if twice:
                assert payable_of(afi.id).amount <= before
                break
    assert twice


# --- escrow --------------------------------------------------------------------------
def test_one_subject_opens_one_escrow(committed, ama, afi):
    terms = {"subject": "job:1", "payer_id": ama.id, "payee_id": afi.id}
    results = race(10, lambda _: open_escrow(**terms, now=clock.now()))
    assert failures(results) == []
    assert Escrow.objects.count() == 1


def split(escrow, back):
    return settle_escrow(
        escrow_id=escrow.pk,
        to_payer=Money(back),
        now=clock.now(),
        actor_id=None,
        reason="approved",
    )


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_splits_at_once_are_one(committed, held_escrow, books, round_):
    escrow = held_escrow(20_000)
    results = race(6, lambda i: split(escrow, (0, 5_000)[i % 2]))
    assert all(isinstance(item, AlreadySplit) for item in failures(results))
    assert len(failures(results)) == 3
    settled = OutboxEvent.objects.filter(name="payments.escrow_settled")
    assert settled.count() == entries("escrow_release") == 1
    books.hold()


def test_control_without_the_lock_splits_collide(committed, held_escrow):
    """The control: the ledger's unique entry is then all that is left."""
    collided = 0
    with without((escrows, "locked", unlocked)):
        for _ in range(TRIES):
            escrow = held_escrow(20_000)
            results = race(6, lambda i, escrow=escrow: split(escrow, 1_000 * i))
            collided += any(
                isinstance(item, IntegrityError) for item in failures(results)
            )
    assert collided >= 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_captured_while_it_is_split_is_in_the_split_or_late(
    committed, held_escrow, sent_charge, gateway, books, round_
):
    escrow = held_escrow(20_000)
    charge = sent_charge(
        payer=escrow.payer_id,
        payee=escrow.payee_id,
        amount=7_000,
        escrow_id=escrow.pk,
    )
    gateway.approve(charge.reference, fee=90)
    evidence = gateway.only(charge.reference)

    def work(index):
        if index == 0:
            return split(escrow, 0)
        return settle_charge(charge_id=charge.pk, evidence=evidence, now=clock.now())

    assert failures(race(2, work)) == []
    charge.refresh_from_db()
    escrow.refresh_from_db()
    if charge.escrow_part:
        assert (escrow.status, escrow.to_payee) == ("settled", 27_000)
    else:
        assert (escrow.status, escrow.to_payee) == ("held", 20_000)
        results = race(
            4,
            lambda _: return_late_money(
                escrow_id=escrow.pk, charge_id=charge.pk, now=clock.now()
            ),
        )
        assert failures(results) == []
        assert charge.refunds.count() == 1
    # The charge was settled without a logged fetch; all but that claim holds.
    assert (
        books.balance("escrow")
        + books.balance("payee_payable")
        + books.balance("transfers_reserved")
        == -27_000
    )


# --- sending -------------------------------------------------------------------------
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_workers_with_one_order_send_once(
    committed, reserved_payout, gateway, books, round_
):
    """A lease ran out, and who was given up for dead was not."""
    payout = reserved_payout()

    def work(_):
        try:
            send_transfer(transfer_id=payout.pk, now=clock.now())
        except RetryLater:
            send_transfer(transfer_id=payout.pk, now=clock.now())

    assert failures(race(4, work)) == []
    assert len(gateway.payouts) == 1
    gateway.deliver(payout.reference)
    confirm_transfer(transfer_id=payout.pk, now=clock.now(), source="poll")
    books.hold()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_many_hear_that_it_arrived_and_one_books_it(
    committed, sent_payout, gateway, books, round_
):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    results = race(
        12,
        lambda _: confirm_transfer(
            transfer_id=payout.pk, now=clock.now(), source="webhook"
        ),
    )
    assert failures(results) == []
    assert entries("transfer_sent") == entries("transfer_fee") == 1
    told = OutboxEvent.objects.filter(name="payments.payout_succeeded")
    assert told.count() == 1
    books.hold()


def test_control_without_the_lock_they_collide(committed, sent_payout, gateway):
    collided = 0
    with without((reserving, "locked", unlocked)):
        for _ in range(TRIES):
            payout = sent_payout()
            evidence = gateway.deliver(payout.reference)
            results = race(
                12,
                lambda _, payout=payout, evidence=evidence: settle_transfer(
                    transfer_id=payout.pk, evidence=evidence, now=clock.now()
                ),
            )
            collided += bool(failures(results))
            assert (
                JournalEntry.objects.filter(
                    transfer=payout, kind="transfer_sent"
                ).count()
                == 1
            )
    assert collided >= 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_arrived_and_failed_at_once_is_one_end(
    committed, sent_payout, gateway, books, round_
):
    """The poll read a failure, the webhook an arrival: money is never in two places."""
    payout = sent_payout()
    failed = gateway.bounce(payout.reference)
    arrived = gateway.deliver(payout.reference)
    results = race(
        4,
        lambda i: apply_payout_evidence(
            transfer_id=payout.pk, evidence=(failed, arrived)[i % 2], now=clock.now()
        ),
    )
    assert failures(results) == []
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    assert books.balance("transfers_reserved") == 0
    assert books.balance("payee_payable") == 0
    assert books.balance("suspense:fedapay") == 0


def test_a_settlement_rolled_back_leaves_nothing(
    committed, sent_payout, gateway, books
):
    """Killed before the commit: no entry, no event, the transfer as it was."""
    payout = sent_payout()
    evidence = gateway.deliver(payout.reference)
    before = books.snapshot()

    class Killed(BaseException):
        pass

    def die(name):
        if name == "transfer.before_commit":
            raise Killed

    with without((transfer_outcomes, "failpoint", die)), pytest.raises(Killed):
        settle_transfer(transfer_id=payout.pk, evidence=evidence, now=clock.now())
    assert books.snapshot() == before
    confirm_transfer(transfer_id=payout.pk, now=clock.now(), source="poll")
    books.hold()


def test_a_lost_answer_while_the_poll_asks(committed, reserved_payout, gateway, books):
    payout = reserved_payout()
    gateway.lose_answer = GatewayUnavailable("timed out", sent=True)

    def work(index):
        if index == 0:
            with pytest.raises(RetryLater):
                send_transfer(transfer_id=payout.pk, now=clock.now())
        else:
            confirm_transfer(transfer_id=payout.pk, now=clock.now(), source="poll")

    assert failures(race(4, work)) == []
    send_transfer(transfer_id=payout.pk, now=clock.now())
    assert len(gateway.payouts) == 1
    books.hold()
