"""Splits, captures and late money at the same moment: one split, nothing lost."""

import pytest
from django.db import IntegrityError

from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from lokahome.core.money import Money
from lokahome.tests.threads import race
from payments.models import Escrow
from payments.services import escrow as escrows
from payments.services.escrow import (
    AlreadySplit,
    open_escrow,
    return_late_money,
    settle_escrow,
)
from payments.services.settlement import settle_charge
from payments.tests.racing import ROUNDS, TRIES, entries, failures, unlocked, without


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
