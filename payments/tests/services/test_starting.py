"""The first call: once, never doubled, and never "failed" for want of an answer."""

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from payments.gateways.errors import (
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import ChargeStatus, GatewayCall
from payments.services.confirming import confirm_with_gateway
from payments.services.starting import start_charge

pytestmark = pytest.mark.django_db


def start(charge, *, later=timedelta()):
    start_charge(charge_id=charge.pk, now=clock.now() + later)
    charge.refresh_from_db()
    return charge


def test_it_works(new_charge, gateway):
    charge = start(new_charge())
    assert charge.status == ChargeStatus.PENDING
    assert charge.next_action == "approve_on_phone"
    assert charge.gateway_id == gateway.only(charge.reference).gateway_id
    assert charge.send_attempts == 1
    (call,) = GatewayCall.objects.all()
    assert (call.verb, call.outcome, call.charge_id) == (
        "start_charge",
        "answered",
        charge.pk,
    )


def test_twice_is_one_call(new_charge, gateway):
    charge = start(start(new_charge()))
    assert gateway.calls == ["start_charge"]
    assert charge.send_attempts == 1


def test_a_time_out_is_unknown_and_tried_again_under_the_same_reference(
    new_charge, gateway
):
    charge = new_charge()
    gateway.lose_answer = GatewayUnavailable("read timed out", sent=True)
    with pytest.raises(RetryLater):
        start(charge)
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.CREATED
    assert charge.may_have_been_sent
    start(charge)
    assert charge.status == ChargeStatus.PENDING
    assert len(gateway.charges) == 1


def test_an_attempt_that_was_not_sent_leaves_no_doubt(new_charge, gateway):
    charge = new_charge()
    gateway.next_error = GatewayUnavailable("refused", sent=False)
    with pytest.raises(RetryLater) as wish:
        start(charge)
    charge.refresh_from_db()
    assert wish.value.seconds == 2
    assert not charge.may_have_been_sent
    assert (charge.send_attempts, charge.unsent_attempts) == (1, 1)


def test_the_gateway_may_say_when_to_come_back(new_charge, gateway):
    charge = new_charge()
    gateway.next_error = GatewayUnavailable("429", sent=False, retry_after=33)
    with pytest.raises(RetryLater) as wish:
        start(charge)
    assert wish.value.seconds == 33


def test_a_kill_after_the_call_is_healed_by_the_next_attempt(new_charge, gateway):
    """What SIGKILL leaves: the attempt is counted, its answer is not."""
    charge = new_charge()
    type(charge).objects.filter(pk=charge.pk).update(send_attempts=1)
    gateway.add(reference=charge.reference, amount=charge.amount)
    charge = start(charge)
    assert charge.status == ChargeStatus.PENDING
    assert len(gateway.charges) == 1


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("bad_phone", "phone_refused"),
        ("limit_reached", "limit_reached"),
        ("bad_request", "gateway_refused"),
    ],
)
def test_a_definite_no_fails_with_a_reason(
    new_charge, gateway, events, books, code, failure
):
    charge = new_charge()
    gateway.next_error = GatewayRejected(code, "no", gateway_id="77")
    start(charge)
    assert charge.status == ChargeStatus.FAILED
    assert charge.failure_code == failure
    assert charge.gateway_id == "77"
    assert events(charge) == ["charge_requested", "charge_failed"]
    books.hold()


@pytest.mark.parametrize(
    "error",
    [
        GatewayRejected("bad_credentials", "no"),
        GatewayRejected("duplicate_reference", "taken"),
        GatewayUntrusted("HTML with status 200"),
        GatewayUnavailable("500", sent=True),
    ],
)
def test_what_says_nothing_about_the_payer_never_fails(
    new_charge, gateway, events, error
):
    charge = new_charge()
    gateway.always = error
    for _ in range(8):
        with pytest.raises(RetryLater):
            start(charge)
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.CREATED
    assert events(charge) == ["charge_requested"]


def test_a_gateway_that_was_never_reached_expires_the_charge(
    new_charge, gateway, events, books
):
    charge = new_charge()
    gateway.always = GatewayUnavailable("refused", sent=False)
    with pytest.raises(RetryLater):
        start(charge)
    start(charge, later=timedelta(minutes=31))
    assert charge.status == ChargeStatus.EXPIRED
    assert events(charge) == ["charge_requested", "charge_expired"]
    assert gateway.calls == ["start_charge"]
    books.hold()


def test_a_charge_that_may_have_been_sent_is_polled_not_expired(new_charge, gateway):
    charge = new_charge()
    gateway.lose_answer = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(RetryLater):
        start(charge)
    start(charge, later=timedelta(minutes=31))
    assert charge.status == ChargeStatus.CREATED
    late = clock.now() + timedelta(minutes=32)
    confirm_with_gateway(charge_id=charge.pk, now=late, source="poll")
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.PENDING


def test_a_lost_start_that_never_arrived_expires_after_its_time(
    new_charge, gateway, books
):
    charge = new_charge()
    gateway.next_error = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(RetryLater):
        start(charge)
    for minutes, status in ((10, "created"), (30, "created"), (32, "expired")):
        confirm_with_gateway(
            charge_id=charge.pk,
            now=clock.now() + timedelta(minutes=minutes),
            source="poll",
        )
        charge.refresh_from_db()
        assert charge.status == status
    books.hold()


def test_a_retry_that_finds_the_charge_paid_settles_it(new_charge, gateway, books):
    charge = new_charge()
    gateway.lose_answer = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(RetryLater):
        start(charge)
    gateway.approve(charge.reference, fee=630)
    start(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    books.hold()


def test_a_push_that_failed_after_the_creation_keeps_the_gateways_id(
    new_charge, gateway
):
    charge = new_charge()
    evidence = gateway.add(reference=charge.reference, amount=charge.amount)
    gateway.next_error = GatewayUnavailable(
        "429", sent=False, gateway_id=evidence.gateway_id
    )
    with pytest.raises(RetryLater):
        start(charge)
    charge.refresh_from_db()
    assert charge.gateway_id == evidence.gateway_id
    assert charge.may_have_been_sent
