"""A webhook is a rumour: it makes us ask, and nothing more."""

from datetime import timedelta

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from payments.gateways.errors import GatewayUnavailable
from payments.models import Charge, ChargeStatus, GatewayNotice
from payments.services import notices
from payments.services.confirming import GatewaySilent
from payments.services.notices import WebhookRefused, follow_notice, record_notice

pytestmark = pytest.mark.django_db


def receive(gateway, gateway_id, **changes):
    body, headers = gateway.webhook(gateway_id, **changes)
    return record_notice(
        gateway="fedapay", headers=headers, raw_body=body, now=clock.now()
    )


def test_it_works(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    receive(gateway, charge.gateway_id)
    drain()
    charge.refresh_from_db()
    notice = GatewayNotice.objects.get()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert (notice.outcome, notice.charge_id) == ("confirmed", charge.pk)
    books.hold()


def test_a_webhook_that_says_approved_is_not_believed(sent_charge, gateway, books):
    charge = sent_charge()
    receive(gateway, charge.gateway_id, kind="transaction.approved")
    drain()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.PENDING
    assert books.balance("payee_payable") == 0


def test_a_forged_one_changes_nothing(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference)
    body, _headers = gateway.webhook(charge.gateway_id)
    before = books.snapshot()
    with pytest.raises(WebhookRefused):
        record_notice(gateway="fedapay", headers={}, raw_body=body, now=clock.now())
    assert books.snapshot() == before
    assert GatewayNotice.objects.count() == 0


def test_out_of_order_ones_end_in_the_same_state(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    for number, kind in enumerate(("approved", "created", "declined", "updated")):
        receive(
            gateway,
            charge.gateway_id,
            event_id=str(number),
            kind=f"transaction.{kind}",
        )
    drain()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert not GatewayNotice.objects.filter(handled_at=None).exists()
    books.hold()


def test_one_that_comes_before_our_own_commit_finds_the_charge(
    new_charge, gateway, books
):
    charge = new_charge()
    Charge.objects.filter(pk=charge.pk).update(send_attempts=1)
    known = gateway.add(reference=charge.reference)
    gateway.approve(charge.reference, fee=630)
    receive(gateway, known.gateway_id)
    drain()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    books.hold()


def test_an_unknown_object_is_kept_and_nothing_more(gateway):
    receive(gateway, "4242")
    drain()
    assert GatewayNotice.objects.get().outcome == "unknown"
    assert Case.objects.count() == 0


def test_an_unknown_unpaid_charge_is_no_case(gateway):
    stray = gateway.add(reference="NOT-OURS")
    receive(gateway, stray.gateway_id)
    drain()
    assert GatewayNotice.objects.get().outcome == "unknown"
    assert Case.objects.count() == 0


def test_money_that_we_do_not_know_is_a_case_and_in_suspense(gateway, books):
    stray = gateway.add(reference="NOT-OURS", amount=12_000)
    gateway.approve("NOT-OURS")
    for number in range(2):
        receive(gateway, stray.gateway_id, event_id=str(number))
    drain()
    case = Case.objects.get()
    assert case.kind == "payment_missing_here"
    assert case.subject == f"gateway-charge:fedapay:{stray.gateway_id}"
    assert books.balance("suspense:fedapay") == -12_000
    books.hold()


def test_payouts_and_customers_are_left_alone(gateway):
    receive(gateway, "1", kind="customer.created")
    gateway.calls.clear()
    drain()
    assert GatewayNotice.objects.get().outcome == "ignored"
    assert gateway.calls == []


def test_a_silent_gateway_is_asked_later(sent_charge, gateway):
    charge = sent_charge()
    gateway.approve(charge.reference)
    receive(gateway, charge.gateway_id)
    gateway.always = GatewayUnavailable("refused", sent=False)
    notice = GatewayNotice.objects.get()
    with pytest.raises(GatewaySilent):
        follow_notice(notice_id=notice.pk, now=clock.now())
    notice.refresh_from_db()
    assert notice.handled_at is None
    gateway.always = None
    follow_notice(notice_id=notice.pk, now=clock.now())
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED


def test_followed_twice_asks_once(sent_charge, gateway):
    charge = sent_charge()
    receive(gateway, charge.gateway_id)
    notice = GatewayNotice.objects.get()
    follow_notice(notice_id=notice.pk, now=clock.now())
    gateway.calls.clear()
    follow_notice(notice_id=notice.pk, now=clock.now())
    assert gateway.calls == []


def test_old_bodies_are_emptied_and_the_rest_stays(gateway):
    receive(gateway, "1")
    assert notices.erase_old_bodies(now=clock.now()) == 0
    later = clock.now() + notices.BODY_KEPT + timedelta(days=1)
    assert notices.erase_old_bodies(now=later) == 1
    notice = GatewayNotice.objects.get()
    assert bytes(notice.raw_body) == b""
    assert notice.headers == {}
    assert len(notice.body_digest) == 64
    assert notices.erase_old_bodies(now=later) == 0
