"""The order to send: once, never doubled, and never "failed" for want of an answer."""

from datetime import timedelta

import pytest

from accounts.models import Phone, User
from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater
from payments.gateways.base import PayoutStatus
from payments.gateways.errors import (
    GatewayRejected,
    GatewayUnavailable,
    GatewayUntrusted,
)
from payments.models import GatewayCall, Transfer
from payments.queries import payable_of
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer

pytestmark = pytest.mark.django_db


def send(transfer, *, later=timedelta()):
    send_transfer(transfer_id=transfer.pk, now=clock.now() + later)
    transfer.refresh_from_db()
    return transfer


def ask(transfer, *, later=timedelta(), source="poll"):
    confirm_transfer(transfer_id=transfer.pk, now=clock.now() + later, source=source)
    transfer.refresh_from_db()
    return transfer


def test_it_works(reserved_payout, gateway, books):
    payout = send(reserved_payout())
    assert payout.status == "sending"
    order = gateway.payout(payout.reference)
    assert (payout.gateway_id, order.amount) == (order.gateway_id, 20_000)
    (call,) = GatewayCall.objects.filter(transfer=payout)
    assert (call.verb, call.outcome, call.said_status) == (
        "pay_out",
        "answered",
        "waiting",
    )
    # Gone from the payee, not yet from the gateway.
    assert books.balance("transfers_reserved") == -20_000
    books.hold()


def test_twice_is_one_call(reserved_payout, gateway):
    payout = send(send(reserved_payout()))
    assert gateway.calls.count("pay_out") == payout.send_attempts == 1


def test_what_nobody_approved_is_not_sent(proposed_payout, gateway, books):
    payout = proposed_payout()
    before = books.snapshot()
    send(payout)
    assert "pay_out" not in gateway.calls
    assert books.snapshot() == before


@pytest.mark.parametrize("arrived", [PayoutStatus.CREATED, PayoutStatus.WAITING])
def test_an_answer_that_is_lost_is_found_and_nothing_is_sent_twice(
    reserved_payout, gateway, books, arrived
):
    """Lost after the creation, or after the start: the reference finds it."""
    payout = reserved_payout()
    gateway.lose_answer = GatewayUnavailable("read timed out", sent=True)
    with pytest.raises(RetryLater):
        send(payout)
    gateway.change_payout(payout.reference, status=arrived)
    payout.refresh_from_db()
    assert payout.status == "reserved"
    assert payout.may_have_been_sent
    books.hold()
    send(payout)
    assert len(gateway.payouts) == 1
    gateway.deliver(payout.reference)
    assert ask(payout).status == "succeeded"
    books.hold()


def test_the_poll_alone_finds_what_was_lost(reserved_payout, gateway, books):
    payout = reserved_payout()
    gateway.lose_answer = GatewayUnavailable("read timed out", sent=True)
    with pytest.raises(RetryLater):
        send(payout)
    assert ask(payout).status == "sending"
    gateway.deliver(payout.reference)
    assert ask(payout).status == "succeeded"
    assert send(payout).send_attempts == 1
    books.hold()


def test_a_kill_after_the_call_is_healed_by_the_next_attempt(
    reserved_payout, gateway, books
):
    """What SIGKILL leaves: the attempt is counted, its answer is not."""
    payout = reserved_payout()
    Transfer.objects.filter(pk=payout.pk).update(send_attempts=1)
    gateway.add_payout(reference=payout.reference)
    assert send(payout).status == "sending"
    assert len(gateway.payouts) == 1
    books.hold()


def test_an_attempt_that_was_not_sent_leaves_no_doubt(reserved_payout, gateway):
    payout = reserved_payout()
    gateway.next_error = GatewayUnavailable("refused", sent=False, retry_after=33)
    with pytest.raises(RetryLater) as wish:
        send(payout)
    payout.refresh_from_db()
    assert wish.value.seconds == 33
    assert not payout.may_have_been_sent


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("bad_phone", "phone_refused"),
        ("limit_reached", "limit_reached"),
        ("bad_request", "gateway_refused"),
        ("wrong_state", "gateway_refused"),
    ],
)
def test_a_definite_no_gives_the_money_back(
    reserved_payout, gateway, events, afi, books, code, failure
):
    payout = reserved_payout()
    gateway.next_error = GatewayRejected(code, "no", gateway_id="77")
    send(payout)
    assert (payout.status, payout.failure_code) == ("failed", failure)
    assert payout.gateway_id == "77"
    assert payable_of(afi.id).amount == 20_000
    assert books.balance("transfers_reserved") == 0
    assert events(payout)[-1] == "payout_failed"
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
def test_what_says_nothing_about_the_receiver_never_fails(
    reserved_payout, gateway, books, error
):
    payout = reserved_payout()
    gateway.always = error
    for _ in range(4):
        with pytest.raises(RetryLater):
            send(payout)
    payout.refresh_from_db()
    assert payout.status == "reserved"
    books.hold()


@pytest.mark.parametrize(
    ("there", "status"),
    [
        (PayoutStatus.WAITING, "reserved"),
        (PayoutStatus.PAID, "reserved"),
        (PayoutStatus.CREATED, "failed"),
    ],
)
def test_a_refusal_after_a_lost_answer_is_believed_only_if_nothing_moved(
    reserved_payout, gateway, books, there, status
):
    payout = reserved_payout()
    gateway.lose_answer = GatewayUnavailable("read timed out", sent=True)
    with pytest.raises(RetryLater):
        send(payout)
    gateway.change_payout(payout.reference, status=there)
    gateway.next_error = GatewayRejected("limit_reached", "three a day")
    if status == "reserved":
        with pytest.raises(RetryLater):
            send(payout)
    else:
        send(payout)
    payout.refresh_from_db()
    assert payout.status == status
    books.hold()


@pytest.mark.parametrize("change", ["number", "sim", "account"])
def test_a_payee_who_changed_before_the_order_is_not_sent_anything(
    reserved_payout, gateway, afi, books, change
):
    """Approved, and the gateway not reached yet: numbers are lost and stolen."""
    payout = reserved_payout()
    gateway.next_error = GatewayUnavailable("refused", sent=False)
    with pytest.raises(RetryLater):
        send(payout)
    if change == "number":
        Phone.objects.filter(user=afi.user).update(released_at=clock.now())
        Phone(user=afi.user, number="+2290197000099", verified_at=clock.now()).save()
    elif change == "sim":
        Phone.objects.filter(user=afi.user).update(lost_at=clock.now())
    else:
        User.objects.filter(pk=afi.id).update(is_active=False)
    send(payout)
    assert (payout.status, payout.failure_code) == ("failed", "not_sent")
    assert gateway.payouts == {}
    assert payable_of(afi.id).amount == 20_000
    books.hold()


def test_a_gateway_that_was_never_reached_gives_the_money_back(
    reserved_payout, gateway, afi, books
):
    payout = reserved_payout()
    gateway.always = GatewayUnavailable("refused", sent=False)
    with pytest.raises(RetryLater):
        send(payout)
    assert ask(payout).status == "reserved"
    send(payout, later=timedelta(hours=25))
    assert (payout.status, payout.failure_code) == ("failed", "not_sent")
    assert payable_of(afi.id).amount == 20_000
    books.hold()


def test_nothing_is_ordered_after_its_time_and_the_poll_decides(
    reserved_payout, gateway, books
):
    payout = reserved_payout()
    gateway.next_error = GatewayUnavailable("timed out", sent=True)
    with pytest.raises(RetryLater):
        send(payout)
    calls = len(gateway.calls)
    send(payout, later=timedelta(hours=25))
    assert (payout.status, len(gateway.calls)) == ("reserved", calls)
    assert ask(payout, later=timedelta(hours=23)).status == "reserved"
    assert ask(payout, later=timedelta(hours=25)).status == "failed"
    books.hold()
