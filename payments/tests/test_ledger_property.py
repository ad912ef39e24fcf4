"""Random lives of many charges: after every step the books hold and match the gateway.

The model is the gateway's own view, kept apart; the ledger must equal it to the franc.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater, drain
from payments.gateways.base import EvidenceStatus
from payments.gateways.errors import GatewayUnavailable
from payments.models import Charge, ChargeStatus
from payments.services.confirming import GatewaySilent, confirm_with_gateway
from payments.services.notices import record_notice
from payments.services.polling import request_due_checks
from payments.services.reconciliation import reconcile_gateway
from payments.services.starting import start_charge

AMOUNTS = strategies.integers(min_value=100, max_value=3_000_000)
FEES = strategies.one_of(strategies.none(), strategies.integers(0, 90))


@pytest.mark.django_db
def test_the_books_hold_after_any_history(new_charge, gateway, books):
    class Money(RuleBasedStateMachine):
        charges = Bundle("charges")

        def __init__(self):
            super().__init__()
            self.savepoint = transaction.atomic()
            self.savepoint.__enter__()
            # Django asks for the outermost block of a test; this one belongs to it.
            self.savepoint._from_testcase = True
            gateway.charges.clear()
            gateway.next_error = gateway.lose_answer = None
            self.notices = 0

        def teardown(self):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

        @rule(target=charges, amount=AMOUNTS)
        def request(self, amount):
            return new_charge(amount=amount).pk

        @rule(charge=charges, fault=strategies.sampled_from(["", "lost", "unsent"]))
        def start(self, charge, fault):
            if fault == "lost":
                gateway.lose_answer = GatewayUnavailable("timed out", sent=True)
            elif fault == "unsent":
                gateway.next_error = GatewayUnavailable("refused", sent=False)
            with suppress(RetryLater):
                start_charge(charge_id=charge, now=clock.now())
            gateway.next_error = gateway.lose_answer = None

        @rule(charge=charges, fee=FEES)
        def payer_approves(self, charge, fee):
            known = self.there(charge)
            if known is not None:
                fee = known.fee if known.fee is not None else fee
                gateway.approve(known.reference, fee=fee)

        @rule(charge=charges, how=strategies.sampled_from(["decline", "lapse"]))
        def payer_does_not(self, charge, how):
            known = self.there(charge)
            if known is not None and not known.status.was_paid:
                getattr(gateway, how)(known.reference)

        @rule(charge=charges)
        def gateway_takes_another_amount(self, charge):
            known = self.there(charge)
            if known is not None and known.status is EvidenceStatus.WAITING:
                gateway.approve(known.reference, amount=known.amount + 1)

        @rule(charge=charges, silent=strategies.booleans())
        def poll(self, charge, silent):
            if silent:
                gateway.next_error = GatewayUnavailable("timed out", sent=True)
            with suppress(GatewaySilent):
                confirm_with_gateway(charge_id=charge, now=clock.now(), source="poll")
            gateway.next_error = None

        @rule(charge=charges, copies=strategies.integers(1, 3))
        def webhook(self, charge, copies):
            known = self.there(charge)
            if known is None:
                return
            self.notices += 1
            body, headers = gateway.webhook(
                known.gateway_id, event_id=f"{charge}-{self.notices}"
            )
            for _ in range(copies):
                record_notice(
                    gateway="fedapay", headers=headers, raw_body=body, now=clock.now()
                )

        @rule()
        def deliver(self):
            drain()

        @rule(seconds=strategies.sampled_from([1, 10, 3_600]))
        def beat(self, seconds):
            request_due_checks(now=clock.now() + timedelta(seconds=seconds))

        @rule()
        def reconcile(self):
            now = clock.now()
            run = reconcile_gateway(
                gateway="fedapay",
                window_from=now - timedelta(hours=1),
                window_until=now,
                now=now,
            )
            # Right after it nothing that the gateway took is unknown to the ledger.
            assert run.ledger_sum == run.listed_sum

        @rule(charge=consumes(charges))
        def time_is_over(self, charge):
            late = clock.now() + timedelta(hours=2)
            start_charge(charge_id=charge, now=late)
            with suppress(GatewaySilent):
                confirm_with_gateway(charge_id=charge, now=late, source="poll")

        def there(self, charge):
            reference = Charge.objects.values_list("reference", flat=True).get(
                pk=charge
            )
            found = [c for c in gateway.charges.values() if c.reference == reference]
            return found[0] if found else None

        @invariant()
        def books_hold(self):
            books.hold()

        @invariant()
        def no_reference_exists_twice_over_there(self):
            references = [c.reference for c in gateway.charges.values()]
            assert len(references) == len(set(references))

        @invariant()
        def nobody_is_told_not_charged_once_we_know_better(self):
            for charge in Charge.objects.captured():
                there = self.there(charge.pk)
                assert there is not None
                assert there.status.was_paid

        @invariant()
        def what_we_captured_is_what_the_gateway_took(self):
            captured = Charge.objects.filter(status=ChargeStatus.SUCCEEDED)
            total = sum(captured.values_list("captured_amount", flat=True))
            assert books.balance("payee_payable") == -total
            for charge in captured:
                assert self.there(charge.pk).amount == charge.captured_amount

    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
