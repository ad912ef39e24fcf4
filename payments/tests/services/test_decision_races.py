"""Two people decide at the same moment: one effect, and each franc once.

Each race has its control: the same work with the lock taken away goes wrong.
"""

import pytest
from django.db import IntegrityError

from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff
from lokahome.tests.threads import race
from payments.models import Transfer
from payments.queries import payable_of
from payments.services import reserving, transfers
from payments.services.reserving import NotCovered
from payments.services.transfers import (
    NothingDue,
    approve_transfer,
    propose_payout,
    refuse_transfer,
)
from payments.tests.racing import ROUNDS, TRIES, entries, failures, unlocked, without


def decide(decision, transfer, person):
    return decision(
        transfer_id=transfer.pk, actor=person.user, reason="seen", now=clock.now()
    )


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
