"""Asking somebody for money."""

import pytest

from lokahome.core import clock
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from lokahome.core.phones import InvalidPhone
from payments.models import Charge, ChargeStatus
from payments.services.charges import (
    AmountRefused,
    ChargeIdTaken,
    OperatorRefused,
    new_reference,
)

pytestmark = pytest.mark.django_db


def test_it_works(new_charge):
    now = clock.now()
    charge = Charge.objects.get(pk=new_charge(now=now).pk)
    assert charge.status == ChargeStatus.CREATED
    assert charge.reference.startswith("LH")
    assert len(charge.reference) == 18
    assert charge.money == Money(35_000)
    assert charge.gateway == "fedapay"
    assert charge.gateway_id == ""
    assert charge.expires_at > now
    assert charge.next_check_at > now
    assert not charge.may_have_been_sent


def test_the_gateway_is_asked_in_its_own_lane_after_the_commit(new_charge, gateway):
    charge = new_charge()
    assert gateway.calls == []
    event = OutboxEvent.objects.get()
    assert event.name == "payments.charge_requested"
    assert event.payload == {"charge_id": str(charge.pk), "gateway": "fedapay"}
    assert Delivery.objects.get().lane == "gateway.fedapay"


def test_an_event_holds_no_phone_and_no_text(new_charge):
    charge = new_charge()
    payload = str(OutboxEvent.objects.get().payload)
    assert charge.payer_phone[4:] not in payload
    assert charge.description not in payload


@pytest.mark.parametrize("amount", [0, 99, 3_000_001, -35_000])
def test_an_amount_outside_the_limits_is_refused(new_charge, books, amount):
    before = books.snapshot()
    with pytest.raises(AmountRefused) as refusal:
        new_charge(amount=amount)
    assert refusal.value.errors[0].pointer == "/amount"
    assert books.snapshot() == before


@pytest.mark.parametrize("amount", [100, 3_000_000])
def test_the_limits_themselves_are_allowed(new_charge, amount):
    assert new_charge(amount=amount).amount == amount


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"operator": "orange"}, OperatorRefused),
        ({"operator": ""}, OperatorRefused),
        ({"payer_phone": "12"}, InvalidPhone),
        ({"payer_phone": "+33 6 12"}, InvalidPhone),
    ],
)
def test_another_operator_or_a_bad_phone_changes_nothing(
    new_charge, books, changes, refusal
):
    before = books.snapshot()
    with pytest.raises(refusal):
        new_charge(**changes)
    assert books.snapshot() == before


def test_the_old_form_of_a_number_is_stored_in_the_new_one(new_charge):
    assert new_charge(payer_phone="97 00 00 01").payer_phone == "+2290197000001"


def test_an_id_made_by_the_app_returns_the_same_charge(new_charge):
    charge_id = uuid7()
    first = new_charge(charge_id=charge_id, subject="lease:1")
    again = new_charge(charge_id=charge_id, subject="lease:1")
    assert again.reference == first.reference
    assert Charge.objects.count() == 1
    assert OutboxEvent.objects.count() == 1


def test_an_id_made_by_the_app_cannot_name_other_terms(new_charge, books):
    charge_id = uuid7()
    new_charge(charge_id=charge_id, subject="lease:1")
    before = books.snapshot()
    with pytest.raises(ChargeIdTaken):
        new_charge(charge_id=charge_id, subject="lease:1", amount=36_000)
    assert books.snapshot() == before


def test_references_do_not_repeat_and_are_easy_to_read():
    made = {new_reference() for _ in range(2_000)}
    assert len(made) == 2_000
    assert not set("ILOU") & set("".join(made).replace("LH", "", 2_000))
