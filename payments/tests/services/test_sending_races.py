"""Orders, polls and webhooks at the same moment: sent once, booked once."""

import pytest

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.threads import race
from payments.gateways.errors import GatewayRejected, GatewayUnavailable
from payments.models import JournalEntry
from payments.queries import payable_of
from payments.services import reserving, transfer_outcomes
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfer_outcomes import (
    apply_payout_evidence,
    settle_transfer,
)
from payments.tests.racing import ROUNDS, TRIES, entries, failures, unlocked, without


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


def test_a_refusal_is_not_believed_while_another_attempt_is_under_way(
    committed, reserved_payout, gateway, monkeypatch, afi, books
):
    """A slow worker was given up for dead; its order comes after its successor's."""
    payout = reserved_payout()
    answer = gateway.pay_out

    def overtaken(order):
        if order.first_attempt:
            send_transfer(transfer_id=payout.pk, now=clock.now())
            gateway.next_error = GatewayRejected("limit_reached", "three a day")
        return answer(order)

    monkeypatch.setattr(gateway, "pay_out", overtaken)
    with pytest.raises(RetryLater):
        send_transfer(transfer_id=payout.pk, now=clock.now())
    payout.refresh_from_db()
    assert (payout.status, payout.send_attempts) == ("sending", 2)
    assert payable_of(afi.id).amount == 0
    books.hold()
