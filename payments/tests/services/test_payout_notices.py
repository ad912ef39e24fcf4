"""Webhooks about payouts: rumours too; what left unexplained is a case."""

import pytest

from accounts.models import Case
from lokahome.core import clock
from payments.gateways.base import PayoutStatus
from payments.gateways.errors import GatewayUnavailable
from payments.models import GatewayCall, GatewayNotice, Transfer
from payments.services.confirming import GatewaySilent
from payments.services.notices import follow_notice, record_notice
from payments.tests.going_out import approved

pytestmark = pytest.mark.django_db


def receive(gateway, gateway_id, *, kind="payout.sent", **changes):
    body, headers = gateway.webhook(gateway_id, kind=kind, **changes)
    return record_notice(
        gateway="fedapay", headers=headers, raw_body=body, now=clock.now()
    )


def follow_all():
    for notice in GatewayNotice.objects.filter(handled_at=None):
        follow_notice(notice_id=notice.pk, now=clock.now())


def test_it_works(sent_payout, gateway, books):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    receive(gateway, payout.gateway_id)
    follow_all()
    payout.refresh_from_db()
    notice = GatewayNotice.objects.get()
    assert payout.status == "succeeded"
    assert (notice.outcome, notice.transfer_id) == ("confirmed", payout.pk)
    assert notice.charge_id is None
    call = GatewayCall.objects.get(source="webhook", transfer=payout)
    assert (call.verb, call.said_status, call.said_amount) == (
        "fetch_payout",
        "paid",
        20_000,
    )
    books.hold()


def test_one_that_says_sent_is_not_believed(sent_payout, gateway, books):
    payout = sent_payout()
    receive(gateway, payout.gateway_id, kind="payout.sent")
    follow_all()
    payout.refresh_from_db()
    assert payout.status == "sending"
    assert books.balance("transfers_reserved") == -20_000


def test_a_payout_and_a_charge_of_the_same_number_are_told_apart(
    sent_payout, gateway, books
):
    payout = sent_payout()
    assert payout.gateway_id in gateway.charges
    gateway.deliver(payout.reference)
    gateway.calls.clear()
    receive(gateway, payout.gateway_id, kind="payout.sent")
    follow_all()
    assert gateway.calls == ["fetch_payout"]


def test_a_failed_one_gives_the_money_back(sent_payout, gateway, books, afi):
    payout = sent_payout()
    gateway.bounce(payout.reference)
    receive(gateway, payout.gateway_id, kind="payout.failed")
    follow_all()
    payout.refresh_from_db()
    assert payout.status == "failed"
    assert books.balance("payee_payable", afi.id) == -20_000
    books.hold()


def test_one_that_comes_before_our_own_commit_finds_the_transfer(
    proposed_payout, checker, gateway, books
):
    payout = approved(proposed_payout(), checker)
    Transfer.objects.filter(pk=payout.pk).update(send_attempts=1)
    known = gateway.add_payout(reference=payout.reference, amount=payout.amount)
    gateway.deliver(payout.reference)
    receive(gateway, known.gateway_id)
    follow_all()
    payout.refresh_from_db()
    assert (payout.status, payout.gateway_id) == ("succeeded", known.gateway_id)
    books.hold()


def test_many_copies_settle_once(sent_payout, gateway, books, events):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    for number in range(5):
        receive(gateway, payout.gateway_id, event_id=str(number))
    follow_all()
    assert events().count("payout_succeeded") == 1
    assert books.balance("gateway_fees:fedapay") == 360 + 300
    books.hold()


def test_money_that_left_unknown_to_us_is_a_case_and_in_suspense(gateway, books):
    stray = gateway.add_payout(reference="NOT-OURS", amount=12_000)
    gateway.deliver("NOT-OURS", fee=300)
    for number in range(2):
        receive(gateway, stray.gateway_id, event_id=str(number))
    follow_all()
    case = Case.objects.get()
    assert case.kind == "transfer_missing_here"
    assert case.queue == "payments"
    assert case.subject == f"gateway-payout:fedapay:{stray.gateway_id}"
    assert books.balance("suspense:fedapay") == 12_000
    assert books.balance("gateway_clearing:fedapay") == -12_300
    books.hold()


@pytest.mark.parametrize("status", [PayoutStatus.WAITING, PayoutStatus.FAILED])
def test_an_unknown_one_that_did_not_leave_is_no_case(gateway, status):
    stray = gateway.add_payout(reference="NOT-OURS", status=status)
    receive(gateway, stray.gateway_id)
    follow_all()
    assert GatewayNotice.objects.get().outcome == "unknown"
    assert Case.objects.count() == 0


def test_an_invented_number_is_kept_and_nothing_more(gateway):
    receive(gateway, "4242")
    follow_all()
    assert GatewayNotice.objects.get().outcome == "unknown"
    assert Case.objects.count() == 0


def test_what_nobody_approved_is_not_what_left_under_its_reference(
    proposed_payout, gateway, books
):
    payout = proposed_payout()
    stray = gateway.add_payout(reference=payout.reference, amount=payout.amount)
    gateway.deliver(payout.reference, fee=0)
    receive(gateway, stray.gateway_id)
    follow_all()
    payout.refresh_from_db()
    assert payout.status == "proposed"
    assert Case.objects.get().kind == "transfer_missing_here"
    assert books.balance("suspense:fedapay") == 20_000
    books.hold()


def test_a_silent_gateway_is_asked_later(sent_payout, gateway):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    receive(gateway, payout.gateway_id)
    gateway.always = GatewayUnavailable("refused", sent=False)
    with pytest.raises(GatewaySilent):
        follow_all()
    assert GatewayNotice.objects.get().handled_at is None
    gateway.always = None
    follow_all()
    payout.refresh_from_db()
    assert payout.status == "succeeded"


def test_followed_twice_asks_once(sent_payout, gateway):
    payout = sent_payout()
    receive(gateway, payout.gateway_id)
    follow_all()
    gateway.calls.clear()
    follow_notice(notice_id=GatewayNotice.objects.get().pk, now=clock.now())
    assert gateway.calls == []
