"""Random lives of escrows and transfers: no franc is lost, sent twice or owed twice.

The model is the gateway's own view, kept apart; what we hold, owe and sent must add up
to it after every step.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lokahome.core import clock
from lokahome.core.errors import DomainError
from lokahome.core.events.delivering import RetryLater, drain
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from payments.gateways.base import PayoutStatus
from payments.gateways.errors import GatewayRejected, GatewayUnavailable
from payments.models import Charge, Escrow, Transfer
from payments.services.confirming import GatewaySilent, confirm_with_gateway
from payments.services.escrow import open_escrow, return_late_money, settle_escrow
from payments.services.polling import request_due_checks
from payments.services.sending import send_transfer
from payments.services.starting import start_charge
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfers import (
    approve_transfer,
    propose_payout,
    propose_refunds,
    refuse_transfer,
)

AMOUNTS = strategies.one_of(
    strategies.integers(100, 30_000), strategies.integers(900_000, 2_500_000)
)
SHARES = strategies.sampled_from([0, 1, 2_000, 5_000, 9_999, 10_000])
PICKS = strategies.integers(0, 10_000)
FAULTS = strategies.sampled_from(["", "", "lost", "unsent", "refused"])


@pytest.mark.django_db
def test_the_books_hold_after_any_history(
    new_charge, gateway, books, ama, afi, finance, checker
):
    class Out(RuleBasedStateMachine):
        escrows = Bundle("escrows")

        def __init__(self):
            super().__init__()
            self.savepoint = transaction.atomic()
            self.savepoint.__enter__()
            # Django asks for the outermost block of a test; this one belongs to it.
            self.savepoint._from_testcase = True
            gateway.charges.clear()
            gateway.payouts.clear()
            gateway.next_error = gateway.lose_answer = None

        def teardown(self):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

        # --- money comes in -----------------------------------------------------------
        @rule(target=escrows, amount=AMOUNTS)
        def hold(self, amount):
            return self.fund(amount)

        def fund(self, amount):
            escrow = open_escrow(
                subject=f"job:{uuid7()}",
                payer_id=ama.id,
                payee_id=afi.id,
                now=clock.now(),
            )
            self.pay(escrow.pk, amount, approve=True)
            return escrow.pk

        @rule(escrow=escrows, amount=AMOUNTS, approve=strategies.booleans())
        def pay_more(self, escrow, amount, approve):
            self.pay(escrow, amount, approve=approve)

        def pay(self, escrow, amount, *, approve):
            with suppress(DomainError):
                charge = new_charge(
                    payer=ama.id, payee=afi.id, amount=amount, escrow_id=escrow
                )
                start_charge(charge_id=charge.pk, now=clock.now())
                if approve:
                    self.approve(charge)

        @rule(pick=PICKS)
        def a_payer_approves_late(self, pick):
            charge = self.pick(Charge.objects.open(), pick)
            if charge is not None:
                self.approve(charge)

        def approve(self, charge):
            gateway.approve(charge.reference, fee=charge.amount * 18 // 1000)
            confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")

        # --- it is split --------------------------------------------------------------
        @rule(escrow=escrows, share=SHARES, by_staff=strategies.booleans())
        def decide_the_split(self, escrow, share, by_staff):
            self.split(escrow, share, by_staff=by_staff)

        def split(self, escrow, share, *, by_staff):
            held = sum(
                Charge.objects.captured()
                .filter(escrow=escrow, escrow_part="")
                .values_list("captured_amount", flat=True)
            )
            with suppress(DomainError):
                settle_escrow(
                    escrow_id=escrow,
                    to_payer=Money(held).share(share),
                    now=clock.now(),
                    actor_id=finance.id if by_staff else None,
                    reason="decided",
                )

        @rule(pick=PICKS)
        def give_late_money_back(self, pick):
            charge = self.pick(Charge.objects.filter(escrow__isnull=False), pick)
            if charge is not None:
                with suppress(DomainError):
                    return_late_money(
                        escrow_id=charge.escrow_id, charge_id=charge.pk, now=clock.now()
                    )

        # --- people propose and decide ------------------------------------------------
        @rule(escrow=escrows, kind=strategies.sampled_from(["payout", "refund"]))
        def propose_what_is_due(self, escrow, kind):
            self.propose(escrow, kind)

        def propose(self, escrow, kind):
            terms = {
                "escrow_id": escrow,
                "actor": finance.user,
                "now": clock.now(),
            }
            with suppress(DomainError):
                if kind == "payout":
                    propose_payout(**terms)
                else:
                    propose_refunds(**terms, reason="again")

        @rule(
            amount=AMOUNTS,
            share=SHARES,
            ends=strategies.lists(
                strategies.sampled_from(["ok", "fail", "late"]), min_size=1, max_size=4
            ),
        )
        def a_whole_life(self, amount, share, ends):
            """The common way, at one go, so that histories get further than its start."""
            escrow = self.fund(amount)
            self.split(escrow, share, by_staff=False)
            for end in ends:
                if end == "late":
                    for transfer in Transfer.objects.filter(
                        escrow=escrow, status="failed"
                    ):
                        self.arrive_after_all(transfer)
                    continue
                self.propose(escrow, "payout")
                for transfer in Transfer.objects.to_decide().filter(escrow=escrow):
                    self.decision(transfer, yes=True)
                    send_transfer(transfer_id=transfer.pk, now=clock.now())
                sending = Transfer.objects.filter(escrow=escrow, status="sending")
                for transfer in sending:
                    answer = gateway.deliver if end == "ok" else gateway.bounce
                    answer(transfer.reference)
                    confirm_transfer(
                        transfer_id=transfer.pk, now=clock.now(), source="poll"
                    )

        @rule(pick=PICKS)
        def one_that_failed_arrives_after_all(self, pick):
            failed = Transfer.objects.filter(status="failed")
            transfer = self.pick(failed.exclude(gateway_id=""), pick)
            if transfer is not None:
                self.arrive_after_all(transfer)

        def arrive_after_all(self, transfer):
            gateway.deliver(transfer.reference)
            confirm_transfer(transfer_id=transfer.pk, now=clock.now(), source="staff")

        @rule(pick=PICKS, yes=strategies.sampled_from([True, True, False]))
        def decide(self, pick, yes):
            transfer = self.pick(Transfer.objects.to_decide(), pick)
            if transfer is not None:
                self.decision(transfer, yes=yes)

        def decision(self, transfer, *, yes):
            with suppress(DomainError):
                (approve_transfer if yes else refuse_transfer)(
                    transfer_id=transfer.pk,
                    actor=checker.user,
                    reason="seen",
                    now=clock.now(),
                )

        # --- the gateway --------------------------------------------------------------
        @rule(pick=PICKS, fault=FAULTS)
        def send(self, pick, fault):
            transfer = self.pick(Transfer.objects.open(), pick)
            if transfer is None:
                return
            if fault == "lost":
                gateway.lose_answer = GatewayUnavailable("timed out", sent=True)
            elif fault == "unsent":
                gateway.next_error = GatewayUnavailable("refused", sent=False)
            elif fault == "refused":
                gateway.next_error = GatewayRejected("limit_reached", "three a day")
            with suppress(RetryLater):
                send_transfer(transfer_id=transfer.pk, now=clock.now())
            gateway.next_error = gateway.lose_answer = None

        @rule(pick=PICKS, arrives=strategies.sampled_from([True, True, False]))
        def it_arrives_or_not(self, pick, arrives):
            """It may also arrive after it was told as failed; never the other way."""
            waiting = [
                row
                for row in gateway.payouts.values()
                if row.status is not PayoutStatus.PAID
            ]
            if waiting:
                row = waiting[pick % len(waiting)]
                (gateway.deliver if arrives else gateway.bounce)(row.reference)

        @rule(pick=PICKS, silent=strategies.booleans())
        def ask(self, pick, silent):
            transfer = self.pick(Transfer.objects.all(), pick)
            if transfer is None:
                return
            if silent:
                gateway.next_error = GatewayUnavailable("timed out", sent=True)
            with suppress(GatewaySilent):
                confirm_transfer(
                    transfer_id=transfer.pk, now=clock.now(), source="staff"
                )
            gateway.next_error = None

        @rule()
        def deliver(self):
            drain()

        @rule(hours=strategies.sampled_from([0, 1, 26]))
        def beat(self, hours):
            request_due_checks(now=clock.now() + timedelta(hours=hours))

        @rule(pick=PICKS)
        def time_is_over(self, pick):
            transfer = self.pick(Transfer.objects.open(), pick)
            if transfer is not None:
                late = clock.now() + timedelta(hours=26)
                send_transfer(transfer_id=transfer.pk, now=late)
                confirm_transfer(transfer_id=transfer.pk, now=late, source="poll")

        def pick(self, rows, pick):
            found = list(rows.order_by("pk"))
            return found[pick % len(found)] if found else None

        # --- what holds ---------------------------------------------------------------
        @invariant()
        def books_hold(self):
            books.hold()

        @invariant()
        def no_reference_exists_twice_over_there(self):
            references = [row.reference for row in gateway.payouts.values()]
            assert len(references) == len(set(references))

        @invariant()
        def every_franc_that_came_in_is_somewhere(self):
            taken = sum(
                Charge.objects.captured().values_list("captured_amount", flat=True)
            )
            sent = sum(
                Transfer.objects.filter(status="succeeded").values_list(
                    "amount", flat=True
                )
            )
            kept = -sum(
                books.balance(code)
                for code in ("escrow", "payee_payable", "transfers_reserved")
            )
            paid_twice = books.balance("suspense:fedapay")
            assert taken == kept + sent - paid_twice
            assert min(kept, paid_twice) >= 0

        @invariant()
        def nothing_left_that_was_not_approved(self):
            for row in gateway.payouts.values():
                transfer = Transfer.objects.get(reference=row.reference)
                assert transfer.status not in ("proposed", "refused")
                assert transfer.amount == row.amount

        @invariant()
        def what_we_say_we_sent_the_gateway_sent(self):
            """Nothing is told as arrived on hearsay."""
            there = {row.reference: row for row in gateway.payouts.values()}
            for transfer in Transfer.objects.filter(status="succeeded"):
                assert there[transfer.reference].status is PayoutStatus.PAID

        @invariant()
        def nobody_is_given_more_than_the_split_while_the_gateway_keeps_its_word(self):
            if books.balance("suspense:fedapay"):
                return  # it paid what it had called failed: a case is open
            for escrow in Escrow.objects.exclude(settled_at=None):
                paid = escrow.transfers.filter(kind="payout").taking()
                assert sum(paid.values_list("amount", flat=True)) <= escrow.to_payee

    run_state_machine_as_test(
        Out,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
