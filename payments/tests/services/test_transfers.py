"""What goes out is proposed by one person and decided by another."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Phone
from accounts.services.staff.links import confirm_link, declare_link
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotAllowed, NotFound, StaleVersion
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff
from payments.models import Payout, Refund, Transfer
from payments.queries import held_in, payable_of
from payments.services.confirming import confirm_with_gateway
from payments.services.escrow import settle_escrow
from payments.services.reserving import NotCovered, PayoutCooling
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfer_outcomes import fail_transfer
from payments.services.transfers import (
    MakerCannotApprove,
    NothingDue,
    PartyCannotDecide,
    TransferReasonMissing,
    WalletChanged,
    approve_transfer,
    propose_payout,
    propose_refunds,
    refuse_transfer,
)

pytestmark = pytest.mark.django_db
DECISIONS = (approve_transfer, refuse_transfer)
DAY = timedelta(days=1)


def propose(escrow, person):
    return propose_payout(escrow_id=escrow.pk, actor=person.user, now=clock.now())


def decide(decision, transfer, person, *, reason="seen", version=None):
    return decision(
        transfer_id=transfer.pk,
        actor=person.user,
        reason=reason,
        now=clock.now(),
        version=version,
    )


# --- approving -----------------------------------------------------------------------
def test_a_second_person_approves_and_the_money_is_set_apart(
    proposed_payout, checker, afi, books, events
):
    payout = decide(approve_transfer, proposed_payout(), checker, reason=" vu ")
    assert (payout.status, payout.approved_by_id) == ("reserved", checker.id)
    assert payout.reason == "vu"
    assert payable_of(afi.id) == Money(0)
    assert books.balance("transfers_reserved", afi.id) == -20_000
    assert events(payout) == ["transfer_proposed", "transfer_reserved"]
    steps = StateChange.objects.filter(subject=f"transfer:{payout.pk}").order_by("pk")
    assert [(step.action, step.actor_id) for step in steps] == [
        ("approve", checker.id),
        ("reserve", None),
    ]
    books.hold()


def test_the_maker_does_not_approve_and_nothing_changes(owed_escrow, books):
    both = make_staff("both", "finance_maker", "finance_checker")
    payout = propose(owed_escrow(), both)
    before, history = books.snapshot(), StateChange.objects.count()
    with pytest.raises(MakerCannotApprove):
        decide(approve_transfer, payout, both)
    assert books.snapshot() == before
    assert StateChange.objects.count() == history


def test_not_even_a_superuser_approves_what_they_proposed(owed_escrow, books):
    both = make_staff("root", "finance_maker")
    both.user.is_superuser = True
    both.user.save()
    payout = propose(owed_escrow(), both)
    before = books.snapshot()
    with pytest.raises(MakerCannotApprove):
        decide(approve_transfer, payout, both)
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", DECISIONS)
def test_who_may_not_decide(
    proposed_payout, moderator, afi, stranger, finance, books, decision
):
    payout = proposed_payout()
    before = books.snapshot()
    for person in (finance, moderator, afi, stranger):
        with pytest.raises(NotAllowed):
            decide(decision, payout, person)
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("party", ["ama", "afi"])
def test_neither_payer_nor_payee_decides(
    proposed_payout, checker, books, request, decision, party
):
    payout = proposed_payout()
    person = request.getfixturevalue(party)
    person.user.is_staff = True
    person.user.save()
    person.user.groups.set(checker.user.groups.all())
    before = books.snapshot()
    with pytest.raises(PartyCannotDecide):
        decide(decision, payout, person)
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("party", ["ama", "afi"])
def test_nor_the_colleague_behind_the_payers_or_the_payees_account(
    proposed_payout, checker, books, request, decision, party
):
    payout = proposed_payout()
    own = request.getfixturevalue(party)
    declare_link(staff_id=checker.id, person_id=own.id, actor=None, now=clock.now())
    before = books.snapshot()
    with pytest.raises(PartyCannotDecide):
        decide(decision, payout, checker)
    assert books.snapshot() == before


def test_maker_and_checker_are_two_people_and_not_two_hats(
    proposed_payout, finance, checker, stranger, books
):
    payout = proposed_payout()
    lead = make_staff("lead", "lead").user
    for hat in (finance, checker):
        link = declare_link(
            staff_id=hat.id, person_id=stranger.id, actor=None, now=clock.now()
        )
        confirm_link(link_id=link.pk, actor=lead, now=clock.now())
    before = books.snapshot()
    with pytest.raises(MakerCannotApprove):
        decide(approve_transfer, payout, checker)
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_is_about_what_was_seen_and_has_a_reason(
    proposed_payout, checker, books, decision
):
    payout = proposed_payout()
    before = books.snapshot()
    with pytest.raises(StaleVersion):
        decide(decision, payout, checker, version=payout.version + 1)
    with pytest.raises(TransferReasonMissing):
        decide(decision, payout, checker, reason="  ")
    with pytest.raises(NotFound):
        decide(decision, Transfer(id=uuid7()), checker)
    assert books.snapshot() == before
    decide(decision, payout, checker, version=payout.version)


@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("second", DECISIONS)
def test_what_was_decided_stays_decided(proposed_payout, checker, books, first, second):
    payout = proposed_payout()
    decide(first, payout, checker)
    before = books.snapshot()
    with pytest.raises(TransitionRefused):
        decide(second, payout, checker)
    assert books.snapshot() == before


def test_a_payee_with_another_number_is_proposed_anew(
    owed_escrow, finance, checker, afi, books
):
    escrow = owed_escrow()
    payout = propose(escrow, finance)
    Phone.objects.filter(user=afi.user).update(released_at=clock.now())
    changed_number(afi, held_since=clock.now() - 3 * DAY)
    before = books.snapshot()
    with pytest.raises(WalletChanged):
        decide(approve_transfer, payout, checker)
    assert books.snapshot() == before
    decide(refuse_transfer, payout, checker)
    again = propose(escrow, finance)
    assert again.phone == "+2290197000077"
    decide(approve_transfer, again, checker)
    books.hold()


def changed_number(person, *, held_since):
    Phone(
        user=person.user,
        number="+2290197000077",
        verified_at=clock.now(),
        held_since=held_since,
    ).save()


def test_a_payout_waits_48_hours_for_a_new_number_and_says_until_when(
    owed_escrow, finance, checker, afi, books
):
    # Beside another one it would not be the one that is paid yet.
    Phone.objects.filter(user=afi.user).update(released_at=clock.now())
    changed_number(afi, held_since=clock.now() - 2 * DAY + timedelta(minutes=5))
    payout = propose(owed_escrow(), finance)
    before, history = books.snapshot(), StateChange.objects.count()
    with pytest.raises(PayoutCooling) as refusal:
        decide(approve_transfer, payout, checker)
    until = datetime.fromisoformat(refusal.value.members["until"])
    assert timedelta(0) < until - clock.now() <= timedelta(minutes=5)
    assert (books.snapshot(), StateChange.objects.count()) == (before, history)
    payout.refresh_from_db()
    assert payout.status == "proposed"
    Phone.objects.filter(number=payout.phone).update(held_since=clock.now() - 2 * DAY)
    decide(approve_transfer, payout, checker)
    books.hold()


def test_a_balance_that_is_gone_is_not_sent_twice(
    proposed_payout, reserved_payout, finance, checker, gateway, afi, books
):
    """A payout told as failed was proposed again, and then the first one arrived."""
    first = reserved_payout()
    send_transfer(transfer_id=first.pk, now=clock.now())
    gateway.bounce(first.reference)
    confirm_transfer(transfer_id=first.pk, now=clock.now(), source="poll")
    second = propose(first.escrow, finance)
    gateway.deliver(first.reference)
    confirm_transfer(transfer_id=first.pk, now=clock.now(), source="staff")
    before = books.snapshot()
    with pytest.raises(NotCovered):
        decide(approve_transfer, second, checker)
    assert books.snapshot() == before
    assert payable_of(afi.id) == Money(0)
    books.hold()


def test_money_owed_for_something_else_does_not_cover_it(
    reserved_payout, sent_charge, finance, checker, gateway, afi, books
):
    """As above, while Afi is owed rent of another place: that stays hers."""
    rent = sent_charge(payee=afi.id, amount=90_000)
    gateway.approve(rent.reference)
    confirm_with_gateway(charge_id=rent.pk, now=clock.now(), source="poll")
    first = reserved_payout()
    send_transfer(transfer_id=first.pk, now=clock.now())
    gateway.bounce(first.reference)
    confirm_transfer(transfer_id=first.pk, now=clock.now(), source="poll")
    second = propose(first.escrow, finance)
    gateway.deliver(first.reference)
    confirm_transfer(transfer_id=first.pk, now=clock.now(), source="staff")
    with pytest.raises(NotCovered):
        decide(approve_transfer, second, checker)
    assert payable_of(afi.id) == Money(90_000)
    books.hold()


# --- refusing, failing, proposing again ----------------------------------------------
def test_a_refusal_moves_nothing_and_frees_the_sum(
    proposed_payout, checker, finance, afi, books
):
    payout = decide(refuse_transfer, proposed_payout(), checker, reason="wrong amount")
    assert (payout.status, payout.reason) == ("refused", "wrong amount")
    assert payout.approved_at is None
    assert payable_of(afi.id) == Money(20_000)
    assert propose(payout.escrow, finance).pk != payout.pk
    books.hold()


def test_a_payout_that_failed_is_proposed_again(reserved_payout, finance, afi, books):
    first = reserved_payout()
    fail_transfer(transfer_id=first.pk, failure_code="not_sent", now=clock.now())
    assert payable_of(afi.id) == Money(20_000)
    again = propose(first.escrow, finance)
    assert again.reference != first.reference
    books.hold()


def test_a_refused_refund_is_proposed_again_by_a_person(
    held_escrow, finance, checker, ama, books
):
    escrow = settle_escrow(
        escrow_id=held_escrow(15_000, 15_000).pk,
        to_payer=Money(20_000),
        now=clock.now(),
        actor_id=None,
        reason="half done",
    )
    for refund in Refund.objects.all():
        decide(refuse_transfer, refund, checker)
    again = propose_refunds(
        escrow_id=escrow.pk, actor=finance.user, now=clock.now(), reason="decided"
    )
    assert sorted(refund.amount for refund in again) == [5_000, 15_000]
    assert {refund.proposed_by_id for refund in again} == {finance.id}
    before = books.snapshot()
    with pytest.raises(NothingDue):
        propose_refunds(
            escrow_id=escrow.pk, actor=finance.user, now=clock.now(), reason="again"
        )
    assert books.snapshot() == before
    for refund in again:
        decide(approve_transfer, refund, checker)
    assert held_in(escrow.pk) == Money(0)
    assert books.balance("transfers_reserved", ama.id) == -20_000
    books.hold()


# --- seeing --------------------------------------------------------------------------
def test_receivers_and_finance_see_transfers(
    proposed_payout, owed_escrow, ama, afi, stranger, finance, moderator
):
    payout = proposed_payout()
    refund = owed_escrow(20_000, back=12_000).transfers.get()

    def seen(model, person):
        return set(model.objects.visible_to(person.user).values_list("pk", flat=True))

    assert seen(Transfer, afi) == seen(Payout, afi) == {payout.pk}
    assert seen(Transfer, ama) == seen(Refund, ama) == {refund.pk}
    assert seen(Payout, ama) == seen(Refund, afi) == set()
    assert seen(Transfer, finance) == {payout.pk, refund.pk}
    for person in (stranger, moderator):
        assert seen(Transfer, person) == set()
    assert list(Transfer.objects.to_decide()) == [payout, refund]
