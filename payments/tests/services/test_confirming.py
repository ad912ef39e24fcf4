"""Asking the gateway: silence concludes nothing, answers climb the ladder."""

from datetime import timedelta

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.ids import uuid7
from payments.gateways.errors import (
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import Charge, ChargeStatus, GatewayCall
from payments.services import ladder
from payments.services.confirming import GatewaySilent, confirm_with_gateway

pytestmark = pytest.mark.django_db

SILENCES = [
    GatewayUnavailable("refused", sent=False),
    GatewayUnavailable("timed out", sent=True),
    GatewayUntrusted("HTML with status 200"),
    GatewayRejected("bad_credentials", "no"),
]


def poll(charge, now=None, source="poll"):
    confirm_with_gateway(charge_id=charge.pk, now=now or clock.now(), source=source)
    charge.refresh_from_db()
    return charge


def test_a_charge_that_does_not_exist_is_not_found(gateway):
    with pytest.raises(NotFound):
        confirm_with_gateway(charge_id=uuid7(), now=clock.now(), source="poll")


@pytest.mark.parametrize("error", SILENCES)
def test_silence_changes_no_state_and_climbs_nothing(
    sent_charge, gateway, events, error
):
    charge = sent_charge()
    gateway.always = error
    now = clock.now()
    for _ in range(5):
        with pytest.raises(GatewaySilent):
            poll(charge, now)
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.PENDING
    assert charge.check_step == 0
    assert charge.unanswered_at == now
    assert charge.next_check_at > now
    assert charge.check_requested_at is None
    assert events(charge) == ["charge_requested"]
    assert GatewayCall.objects.filter(verb="fetch_charge").count() == 5


def test_each_answered_poll_climbs_one_step(sent_charge):
    charge = sent_charge()
    now = clock.now()
    for step in range(1, 4):
        poll(charge, now)
        assert charge.check_step == step
        wait = (charge.next_check_at - now).total_seconds()
        assert wait == pytest.approx(ladder.WAITS[step], rel=0.11)


def test_other_ways_of_asking_do_not_climb(sent_charge):
    charge = sent_charge()
    due = charge.next_check_at
    for source in ("webhook", "staff", "reconciliation", "read"):
        poll(charge, source=source)
    assert charge.check_step == 0
    assert charge.next_check_at == due


def test_at_the_ladders_end_a_person_looks(sent_charge, books):
    charge = sent_charge()
    Charge.objects.filter(pk=charge.pk).update(check_step=len(ladder.WAITS) - 1)
    poll(charge, clock.now() + timedelta(days=8))
    assert charge.status == ChargeStatus.IN_REVIEW
    assert charge.next_check_at is None
    assert Case.objects.get().kind == "payment_late"
    books.hold()


def test_money_that_comes_after_the_ladders_end_is_settled(sent_charge, gateway, books):
    charge = sent_charge()
    Charge.objects.filter(pk=charge.pk).update(check_step=len(ladder.WAITS) - 1)
    poll(charge, clock.now() + timedelta(days=8))
    gateway.approve(charge.reference)
    poll(charge, source="staff")
    assert charge.status == ChargeStatus.SUCCEEDED
    books.hold()


def test_a_gateway_that_is_back_gets_its_other_charges_asked_soon(sent_charge, gateway):
    charges = [sent_charge() for _ in range(4)]
    now = clock.now()
    gateway.always = GatewayUnavailable("refused", sent=False)
    Charge.objects.update(check_step=20)  # far up: the next look would be minutes away
    for charge in charges:
        with pytest.raises(GatewaySilent):
            poll(charge, now)
    gateway.always = None
    poll(charges[0], now)
    for charge in charges[1:]:
        charge.refresh_from_db()
        assert charge.next_check_at <= now + timedelta(seconds=10)
        assert charge.check_step == 20


def test_a_charge_that_vanished_over_there_waits_for_people(sent_charge, gateway):
    charge = sent_charge()
    gateway.charges.clear()
    poll(charge)
    assert charge.status == ChargeStatus.PENDING
    assert charge.check_step == 1


def test_before_anything_was_sent_nobody_is_called(new_charge, gateway):
    charge = poll(new_charge())
    assert gateway.calls == []
    assert charge.status == ChargeStatus.CREATED
    assert charge.next_check_at > clock.now()


def test_the_log_says_what_was_said_of_the_money(sent_charge, gateway):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    poll(charge, source="webhook")
    call = GatewayCall.objects.get(verb="fetch_charge")
    assert (call.said_status, call.said_amount, call.said_currency, call.said_fee) == (
        "paid",
        35_000,
        "XOF",
        630,
    )
    assert call.source == "webhook"
    assert call.gateway_id == charge.gateway_id
