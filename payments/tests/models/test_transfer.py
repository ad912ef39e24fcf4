"""What the database itself refuses about transfers and escrows."""

import re

import pytest
from django.db import IntegrityError, connection, transaction

from lokahome.core import clock
from lokahome.core.ids import uuid7
from payments.models import (
    ESCROW_STATES,
    TRANSFER_STATES,
    Escrow,
    EscrowStatus,
    Transfer,
    TransferStatus,
)
from payments.models.escrow import escrow_steps_sql
from payments.models.transfer import REFUND_WITHOUT_CHECKER
from payments.models.transfer_states import DECIDED, ENDED, OPEN, transfer_steps_sql

pytestmark = pytest.mark.django_db
EDGES = {(edge.source, edge.target) for edge in TRANSFER_STATES.edges}


def refused(row, **changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**changes)


@pytest.mark.parametrize(
    ("name", "machine", "text"),
    [
        ("payments_transfer_steps", TRANSFER_STATES, transfer_steps_sql()),
        ("payments_escrow_steps", ESCROW_STATES, escrow_steps_sql()),
    ],
)
def test_the_database_holds_the_same_steps_as_the_table(name, machine, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [name])
        source = cursor.fetchone()[0]
    assert source.strip() in text
    pairs = set(re.findall(r"\('(\w+)', '(\w+)'\)", source))
    assert pairs == {(edge.source, edge.target) for edge in machine.edges}


def data_of(status, checker):
    """Return what a transfer in *status* must carry."""
    now = clock.now()
    decided = status in DECIDED
    return {
        "status": status,
        "approved_by_id": checker.id if decided else None,
        "approved_at": FIXED if decided else None,
        "gateway_id": "1" if status in (*OPEN, "succeeded", "failed") else "",
        "failure_code": "unknown" if status == "failed" else "",
        "next_check_at": now,
        "start_until": now,
        "sent_at": FIXED if status == "succeeded" else None,
        "ended_at": FIXED if status in ENDED else None,
    }


FIXED = clock.now()


def path_to(status):
    """Return a way from proposed to *status* along the table."""
    ways = {TransferStatus.PROPOSED.value: []}
    while status not in ways:
        for source, target in sorted(EDGES):
            if source in ways and target not in ways:
                ways[target] = [*ways[source], target]
    return ways[status]


def walk(transfer, status, checker):
    for step in path_to(status):
        rows = Transfer.objects.filter(pk=transfer.pk)
        assert rows.update(**data_of(step, checker)) == 1


@pytest.mark.parametrize("source", TransferStatus.values)
def test_only_steps_of_the_table_exist(proposed_payout, checker, source):
    payout = proposed_payout()
    walk(payout, source, checker)
    for target in TransferStatus.values:
        if target != source and (source, target) not in EDGES:
            refused(payout, **data_of(target, checker))


def test_a_transfer_begins_as_proposed(proposed_payout, checker):
    payout = proposed_payout()
    payout.pk, payout.reference = uuid7(), "LPOTHER"
    for name, value in data_of("approved", checker).items():
        setattr(payout, name, value)
    payout._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        payout.save()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 21_000},
        {"reference": "LPOTHER"},
        {"subject": "job:other"},
        {"gateway": "other"},
        {"operator": "moov"},
        {"phone_digest": "0" * 64},
        {"party_id": uuid7()},
        {"proposed_by_id": uuid7()},
        {"proposed_at": clock.now()},
    ],
)
def test_the_terms_do_not_change(proposed_payout, changes):
    refused(proposed_payout(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_by_id": uuid7()},
        {"approved_at": clock.now()},
        {"gateway_id": "2"},
        {"sent_at": clock.now()},
        {"ended_at": clock.now()},
    ],
)
def test_who_approved_and_what_was_sent_do_not_change(
    proposed_payout, checker, changes
):
    payout = proposed_payout()
    walk(payout, "succeeded", checker)
    refused(payout, **changes)


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("proposed", {"amount": 0}),
        ("proposed", {"unsent_attempts": 1}),
        ("proposed", {"approved_at": clock.now()}),
        ("reserved", {"next_check_at": None}),
        ("reserved", {"start_until": None}),
        ("sending", {"gateway_id": ""}),
        ("sending", {"sent_at": clock.now()}),
        ("sending", {"ended_at": clock.now()}),
        ("failed", {"failure_code": ""}),
        ("failed", {"ended_at": None}),
        ("succeeded", {"provider_fee": -1}),
        ("refused", {"ended_at": None}),
    ],
)
def test_a_state_has_its_data(proposed_payout, checker, status, changes):
    payout = proposed_payout()
    walk(payout, status, checker)
    refused(payout, **changes)


# --- four eyes -----------------------------------------------------------------------
def approval(person_id):
    return {"status": "approved", "approved_at": FIXED, "approved_by_id": person_id}


def test_neither_maker_nor_receiver_nor_nobody_approves_a_payout(
    proposed_payout, finance, afi
):
    payout = proposed_payout()
    for person_id in (finance.id, afi.id, None):
        refused(payout, **approval(person_id))


def test_a_payout_has_a_maker(proposed_payout, afi):
    payout = proposed_payout()
    for maker in (None, afi.id):
        payout.pk, payout.reference, payout.proposed_by_id = uuid7(), "LPOTHER", maker
        payout._state.adding = True
        with pytest.raises(IntegrityError), transaction.atomic():
            payout.save()


@pytest.mark.parametrize(
    ("back", "allowed"),
    [(REFUND_WITHOUT_CHECKER, True), (REFUND_WITHOUT_CHECKER + 1, False)],
)
def test_only_a_small_refund_of_the_systems_needs_nobody(owed_escrow, back, allowed):
    refund = owed_escrow(20_000, back=back).transfers.get()
    if allowed:
        assert (refund.status, refund.approved_by_id) == ("reserved", None)
    else:
        refused(refund, **approval(None))


def test_a_small_refund_that_a_person_proposed_needs_another(
    held_escrow, finance, owed_escrow
):
    small = owed_escrow(20_000, back=12_000).transfers.get()
    small.pk, small.reference, small.amount = uuid7(), "LROTHER", 500
    small.proposed_by_id, small._state.adding = finance.id, True
    small.save()
    refused(small, **approval(None))


def test_a_refund_is_of_a_charge_and_a_payout_is_not(owed_escrow, proposed_payout):
    refund = owed_escrow(20_000, back=12_000).transfers.get()
    payout = proposed_payout()
    for row, charge_id in ((refund, None), (payout, refund.charge_id)):
        row.pk, row.reference, row.charge_id = uuid7(), "LXOTHER", charge_id
        row._state.adding = True
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_references_and_gateway_ids_are_used_once(proposed_payout, checker):
    first, second = proposed_payout(), proposed_payout()
    walk(first, "reserved", checker)
    refused(second, gateway_id="1")
    second.pk, second.reference, second._state.adding = uuid7(), first.reference, True
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


# --- escrows -------------------------------------------------------------------------
def test_an_escrows_terms_and_split_do_not_change(owed_escrow):
    escrow = owed_escrow()
    for changes in (
        {"subject": "job:other"},
        {"payer_id": uuid7()},
        {"payee_id": uuid7()},
        {"to_payee": 19_999},
        {"to_payer": 1},
        {"settled_at": clock.now()},
        {"to_payee": None, "to_payer": None, "settled_at": None},
        {"status": EscrowStatus.OPEN},
    ):
        refused(escrow, **changes)


def test_an_escrow_that_is_not_split_has_no_split(held_escrow, ama, afi):
    escrow = held_escrow()
    for changes in (
        {"to_payee": 20_000},
        {"status": "settled"},
        {"status": "open"},
        {"status": "settled", "settled_at": FIXED, "to_payee": -1, "to_payer": 1},
    ):
        refused(escrow, **changes)
    for fields in (
        {"subject": escrow.subject, "payer_id": ama.id, "payee_id": afi.id},
        {"subject": "job:alone", "payer_id": ama.id, "payee_id": ama.id},
        {
            "subject": "job:held",
            "payer_id": ama.id,
            "payee_id": afi.id,
            "status": "held",
        },
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Escrow(**fields).save()


def test_what_was_decided_about_held_money_does_not_change(owed_escrow, sent_charge):
    charge = owed_escrow().charges.get()
    refused(charge, escrow_part="returned")
    refused(charge, escrow_part="")
    refused(charge, escrow=None)
    refused(sent_charge(), escrow_part="split")
