"""Where the money is, and what the balances say."""

import pytest

from lokahome.core import clock
from lokahome.core.money import Money
from payments.models import Charge
from payments.queries import held_by_gateway, payable_of, where_is_the_money
from payments.services.confirming import confirm_with_gateway
from payments.tests.conftest import KOSSI

pytestmark = pytest.mark.django_db


def told(charge):
    text = where_is_the_money(Charge.objects.get(pk=charge.pk))
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def ask(charge):
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="staff")


def test_one_sentence_for_each_place(new_charge, sent_charge, gateway):
    assert "pas encore partie" in told(new_charge())
    paid, declined, short = (sent_charge() for _ in range(3))
    assert "pas encore confirmé" in told(paid)
    gateway.approve(paid.reference, fee=630)
    gateway.decline(declined.reference)
    gateway.approve(short.reference, amount=30_000)
    for charge in (paid, declined, short):
        ask(charge)
    assert told(paid).startswith("35 000 F CFA encaissés par Fedapay le")
    assert "pas quitté le compte du payeur" in told(declined)
    assert told(short).startswith("30 000 F CFA encaissés par Fedapay, en attente")


def test_balances_are_derived(sent_charge, gateway):
    for _ in range(2):
        charge = sent_charge()
        gateway.approve(charge.reference, fee=630)
        ask(charge)
    assert payable_of(KOSSI) == Money(70_000)
    assert held_by_gateway("fedapay") == Money(70_000 - 1_260)
