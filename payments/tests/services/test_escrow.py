"""Money held: opened once, filled by charges, split once to the franc."""

import pytest

from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from payments.gateways.base import EvidenceStatus
from payments.models import Charge, Escrow, EscrowStatus, JournalEntry, Transfer
from payments.queries import held_in, payable_of, payout_due
from payments.services.charges import EscrowRefused
from payments.services.confirming import confirm_with_gateway
from payments.services.escrow import (
    AlreadySplit,
    NothingHeld,
    SplitRefused,
    open_escrow,
    return_late_money,
    settle_escrow,
)

pytestmark = pytest.mark.django_db


def split(escrow, back, *, actor_id=None):
    return settle_escrow(
        escrow_id=escrow.pk,
        to_payer=Money(back),
        now=clock.now(),
        actor_id=actor_id,
        reason="the work was approved",
    )


def give_back(escrow, charge):
    return return_late_money(escrow_id=escrow.pk, charge_id=charge.pk, now=clock.now())


def refunds(escrow):
    rows = Transfer.objects.filter(escrow=escrow).order_by("-amount")
    return [(row.amount, row.status) for row in rows]


# --- opening -------------------------------------------------------------------------
def test_a_subject_has_one_escrow(ama, afi):
    terms = {"subject": "job:1", "payer_id": ama.id, "payee_id": afi.id}
    first = open_escrow(**terms, now=clock.now())
    again = open_escrow(**terms, now=clock.now())
    assert first.pk == again.pk
    assert first.status == EscrowStatus.OPEN
    assert Escrow.objects.count() == 1


def test_other_people_or_one_alone_are_refused(ama, afi, kossi):
    terms = {"subject": "job:1", "payer_id": ama.id, "now": clock.now()}
    open_escrow(**terms, payee_id=afi.id)
    for payee in (kossi.id, ama.id):
        with pytest.raises(EscrowRefused):
            open_escrow(**terms, payee_id=payee)
    assert Escrow.objects.count() == 1


# --- holding -------------------------------------------------------------------------
def test_what_is_captured_is_held_and_nobodys(held_escrow, afi, books):
    escrow = held_escrow(20_000)
    assert escrow.status == EscrowStatus.HELD
    assert held_in(escrow.pk) == Money(20_000)
    assert payable_of(afi.id) == Money(0)
    assert payout_due(escrow.pk) == Money(0)
    books.hold()


@pytest.mark.parametrize("changed", ["payer", "payee"])
def test_a_charge_between_others_is_not_held(
    held_escrow, new_charge, kossi, books, changed
):
    escrow = held_escrow()
    people = {"payer": escrow.payer_id, "payee": escrow.payee_id} | {changed: kossi.id}
    before = books.snapshot()
    with pytest.raises(EscrowRefused):
        new_charge(**people, escrow_id=escrow.pk)
    with pytest.raises(EscrowRefused):
        new_charge(payer=escrow.payer_id, payee=escrow.payee_id, escrow_id=uuid7())
    assert books.snapshot() == before


def test_a_split_escrow_takes_no_new_charge(owed_escrow, new_charge, books):
    escrow = owed_escrow()
    before = books.snapshot()
    with pytest.raises(EscrowRefused):
        new_charge(payer=escrow.payer_id, payee=escrow.payee_id, escrow_id=escrow.pk)
    assert books.snapshot() == before


# --- splitting -----------------------------------------------------------------------
def test_all_of_it_to_the_payee(held_escrow, afi, books, events):
    escrow = split(held_escrow(15_000, 5_000), 0)
    assert (escrow.status, escrow.to_payee, escrow.to_payer) == ("settled", 20_000, 0)
    assert held_in(escrow.pk) == Money(0)
    assert payable_of(afi.id) == payout_due(escrow.pk) == Money(20_000)
    assert events(escrow) == ["escrow_settled"]
    assert refunds(escrow) == []
    books.hold()


def test_a_part_goes_back_to_the_wallet_it_came_from(held_escrow, ama, books):
    escrow = split(held_escrow(20_000), 12_000)
    (refund,) = Transfer.objects.filter(escrow=escrow)
    charge = escrow.charges.get()
    assert (refund.kind, refund.status, refund.amount) == ("refund", "proposed", 12_000)
    assert (refund.party_id, refund.phone) == (ama.id, charge.payer_phone)
    assert refund.charge_id == charge.pk
    assert refund.reference.startswith("LR")
    # Until a second person agrees it stays where it is.
    assert held_in(escrow.pk) == Money(12_000)
    assert payout_due(escrow.pk) == Money(8_000)
    books.hold()


def test_a_small_sum_goes_back_by_the_systems_own_rules(held_escrow, books, events):
    escrow = split(held_escrow(20_000), 10_000)
    (refund,) = Transfer.objects.filter(escrow=escrow)
    assert (refund.status, refund.approved_by_id) == ("reserved", None)
    assert events(refund) == ["transfer_proposed", "transfer_reserved"]
    assert held_in(escrow.pk) == Money(0)
    assert books.balance("transfers_reserved") == -10_000
    books.hold()


def test_what_the_gateway_gave_back_is_not_given_back_again_by_rule(
    held_escrow, gateway, books
):
    """Somebody refunded it in the gateway's own office: a person has to look."""
    escrow = held_escrow(9_000)
    charge = escrow.charges.get()
    gateway.change(charge.reference, status=EvidenceStatus.REFUNDED)
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    (refund,) = Transfer.objects.filter(escrow=split(escrow, 9_000))
    assert (refund.status, refund.approved_by_id) == ("proposed", None)
    assert held_in(escrow.pk) == Money(9_000)
    books.hold()


def test_what_staff_decides_waits_for_a_checker_however_small(
    held_escrow, finance, books
):
    escrow = split(held_escrow(20_000), 500, actor_id=finance.id)
    (refund,) = Transfer.objects.filter(escrow=escrow)
    assert (refund.status, refund.proposed_by_id) == ("proposed", finance.id)
    books.hold()


def test_a_party_who_settles_is_no_maker(held_escrow, ama, books):
    escrow = split(held_escrow(20_000), 500, actor_id=ama.id)
    (refund,) = Transfer.objects.filter(escrow=escrow)
    assert (refund.status, refund.proposed_by_id) == ("reserved", None)
    books.hold()


def test_a_large_sum_goes_back_charge_by_charge_and_in_parts(held_escrow, books):
    escrow = split(held_escrow(30_000, 2_300_000), 2_320_000)
    assert refunds(escrow) == [
        (1_000_000, "proposed"),
        (1_000_000, "proposed"),
        (300_000, "proposed"),
        (20_000, "proposed"),
    ]
    for charge in escrow.charges.all():
        given = sum(charge.refunds.values_list("amount", flat=True))
        assert given <= charge.captured_amount
    books.hold()


def test_small_change_of_a_large_sum_waits_as_well(held_escrow):
    escrow = split(held_escrow(1_004_000), 1_004_000)
    assert refunds(escrow) == [(1_000_000, "proposed"), (4_000, "proposed")]


def test_the_same_split_twice_is_one(held_escrow, books):
    escrow = split(held_escrow(20_000), 3_000)
    before = books.snapshot()
    assert split(escrow, 3_000).pk == escrow.pk
    with pytest.raises(AlreadySplit):
        split(escrow, 3_001)
    assert books.snapshot() == before


@pytest.mark.parametrize("back", [-1, 20_001])
def test_a_split_beyond_what_is_held_is_refused(held_escrow, books, back):
    escrow = held_escrow(20_000)
    before = books.snapshot()
    with pytest.raises(SplitRefused):
        split(escrow, back)
    assert books.snapshot() == before


def test_nothing_held_is_nothing_to_split(held_escrow, ama, afi, books):
    escrow = open_escrow(
        subject="job:empty", payer_id=ama.id, payee_id=afi.id, now=clock.now()
    )
    before = books.snapshot()
    with pytest.raises(NothingHeld):
        split(escrow, 0)
    with pytest.raises(NotFound):
        settle_escrow(
            escrow_id=uuid7(),
            to_payer=Money(0),
            now=clock.now(),
            actor_id=None,
            reason="none",
        )
    assert books.snapshot() == before


# --- late money ----------------------------------------------------------------------
def in_flight(escrow, sent_charge, amount):
    return sent_charge(
        payer=escrow.payer_id,
        payee=escrow.payee_id,
        amount=amount,
        escrow_id=escrow.pk,
    )


def arrive(charge, gateway):
    gateway.approve(charge.reference, fee=90)
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")


def test_money_that_comes_after_the_split_goes_back_whole(
    held_escrow, sent_charge, gateway, books
):
    escrow = held_escrow(20_000)
    late = in_flight(escrow, sent_charge, 7_000)
    split(escrow, 0)
    arrive(late, gateway)
    escrow.refresh_from_db()
    assert escrow.status == EscrowStatus.HELD
    books.hold()
    escrow = give_back(escrow, late)
    assert (escrow.status, escrow.to_payee, escrow.to_payer) == ("settled", 20_000, 0)
    (refund,) = late.refunds.all()
    assert (refund.amount, refund.status) == (7_000, "reserved")
    books.hold()


def test_a_second_payment_goes_back_and_the_first_stays_held(
    held_escrow, paid_into, books
):
    escrow = held_escrow(20_000)
    second = paid_into(escrow, 20_000)
    escrow = give_back(escrow, second)
    assert escrow.status == EscrowStatus.HELD
    assert refunds(escrow) == [(20_000, "proposed")]
    escrow = split(escrow, 0)
    assert (escrow.to_payee, escrow.to_payer) == (20_000, 0)
    assert held_in(escrow.pk) == Money(20_000)
    books.hold()


def test_money_for_a_cancelled_job_closes_its_escrow(held_escrow, books):
    escrow = held_escrow(9_000)
    escrow = give_back(escrow, escrow.charges.get())
    assert (escrow.status, escrow.to_payee, escrow.to_payer) == ("settled", 0, 0)
    assert refunds(escrow) == [(9_000, "reserved")]
    books.hold()


def test_late_money_is_returned_once(held_escrow, books):
    escrow = held_escrow(9_000)
    charge = escrow.charges.get()
    give_back(escrow, charge)
    before = books.snapshot()
    give_back(escrow, charge)
    assert books.snapshot() == before


def test_what_was_split_or_never_came_is_not_returned(
    held_escrow, sent_charge, gateway, books
):
    escrow = held_escrow(20_000)
    unpaid = in_flight(escrow, sent_charge, 7_000)
    (paid,) = escrow.charges.exclude(pk=unpaid.pk)
    split(escrow, 0)
    before = books.snapshot()
    for charge in (unpaid, paid):
        with pytest.raises(NothingHeld):
            give_back(escrow, charge)
    with pytest.raises(NotFound):
        return_late_money(escrow_id=escrow.pk, charge_id=uuid7(), now=clock.now())
    assert books.snapshot() == before


def test_the_ledger_says_where_it_went(held_escrow):
    escrow = split(held_escrow(20_000), 12_000)
    entry = JournalEntry.objects.get(kind="escrow_release")
    assert (entry.gateway, entry.gateway_reference) == (
        "internal",
        f"escrow:{escrow.pk}",
    )
    parts = set(Charge.objects.values_list("escrow_part", flat=True))
    assert parts == {"split"}
