"""A payout is proposed once, by somebody who has no part in it."""

import pytest

from accounts.models import Phone
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from payments.queries import payable_of, payout_due
from payments.services.proposing import NoWallet
from payments.services.transfers import (
    NothingDue,
    PartyCannotDecide,
    propose_payout,
)

pytestmark = pytest.mark.django_db


def propose(escrow, person):
    return propose_payout(escrow_id=escrow.pk, actor=person.user, now=clock.now())


# --- proposing -----------------------------------------------------------------------
def test_a_payout_is_what_was_released_and_goes_to_the_payees_number(
    owed_escrow, finance, afi, books, events
):
    escrow = owed_escrow(20_000, back=5_000)
    payout = propose(escrow, finance)
    assert (payout.kind, payout.status, payout.amount) == ("payout", "proposed", 15_000)
    assert (payout.party_id, payout.phone, payout.operator) == (
        afi.id,
        "+2290197000003",
        "mtn",
    )
    assert payout.reference.startswith("LP")
    assert payout.subject == escrow.subject
    assert payout.proposed_by_id == finance.id
    assert events(payout) == ["transfer_proposed"]
    # Nothing has moved, and nothing is left to propose.
    assert payable_of(afi.id) == Money(15_000)
    assert payout_due(escrow.pk) == Money(0)
    books.hold()


def test_it_is_proposed_once(owed_escrow, finance, books):
    escrow = owed_escrow()
    propose(escrow, finance)
    before = books.snapshot()
    with pytest.raises(NothingDue):
        propose(escrow, finance)
    assert books.snapshot() == before


def test_a_large_sum_is_proposed_in_parts(owed_escrow, finance, books):
    escrow = owed_escrow(2_300_000)
    amounts = [propose(escrow, finance).amount for _ in range(3)]
    assert amounts == [1_000_000, 1_000_000, 300_000]
    with pytest.raises(NothingDue):
        propose(escrow, finance)
    books.hold()


def test_money_that_is_held_is_not_due(held_escrow, finance, books):
    escrow = held_escrow()
    before = books.snapshot()
    with pytest.raises(NothingDue):
        propose(escrow, finance)
    with pytest.raises(NotFound):
        propose_payout(escrow_id=uuid7(), actor=finance.user, now=clock.now())
    assert books.snapshot() == before


def test_who_may_not_propose(owed_escrow, checker, moderator, afi, stranger, books):
    escrow = owed_escrow()
    before = books.snapshot()
    for person in (checker, moderator, afi, stranger):
        with pytest.raises(NotAllowed):
            propose(escrow, person)
    assert books.snapshot() == before


def test_a_party_of_the_escrow_proposes_nothing(owed_escrow, finance, afi, books):
    escrow = owed_escrow()
    afi.user.is_staff = True
    afi.user.save()
    afi.user.groups.set(finance.user.groups.all())
    before = books.snapshot()
    with pytest.raises(PartyCannotDecide):
        propose(escrow, afi)
    assert books.snapshot() == before


@pytest.mark.parametrize("number", [None, "+2290149000003"])
def test_without_a_wallet_nothing_is_proposed(owed_escrow, finance, afi, books, number):
    escrow = owed_escrow()
    if number:
        Phone.objects.filter(user=afi.user).update(number=number)
    else:
        Phone.objects.filter(user=afi.user).update(released_at=clock.now())
    before = books.snapshot()
    with pytest.raises(NoWallet):
        propose(escrow, finance)
    assert books.snapshot() == before
