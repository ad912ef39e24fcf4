"""Everybody hears the same rumour at once: one posting, whatever the order."""

import uuid

import pytest
from django.db import IntegrityError

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.threads import race
from payments.models import Charge, GatewayNotice, JournalEntry, Posting
from payments.services import notices, settlement
from payments.services.confirming import confirm_with_gateway
from payments.services.notices import record_notice
from payments.services.reconciliation import reconcile_gateway
from payments.services.settlement import settle_charge

AT_ONCE = 50  # threads; the copies below come in rounds of it
ROUNDS = 4


def copies(work):
    """Run *work* 200 times, 50 at once; return what came of each."""
    return [result for _ in range(ROUNDS) for result in race(AT_ONCE, lambda _: work())]


def failures(results):
    return [item for item in results if isinstance(item, BaseException)]


def settled_events():
    return OutboxEvent.objects.filter(name="payments.charge_settled").count()


def test_200_settlements_of_one_charge_are_one_posting(
    committed, sent_charge, gateway, books
):
    charge = sent_charge()
    evidence = gateway.approve(charge.reference, fee=630)

    def work():
        settle_charge(charge_id=charge.pk, evidence=evidence, now=clock.now())

    results = copies(work)
    assert failures(results) == []
    assert JournalEntry.objects.filter(kind="capture").count() == 1
    assert Posting.objects.count() == 4
    assert settled_events() == 1
    assert Case.objects.count() == 0
    # The call log has no fetch here; the other claims hold.
    assert books.balance("gateway_clearing:fedapay") == 35_000 - 630


def test_control_without_the_lock_the_copies_collide(
    committed, sent_charge, gateway, monkeypatch
):
    """The control: lock off. The ledger's unique entry is then all that is left."""
    monkeypatch.setattr(settlement, "locked", lambda queryset, pk: queryset.get(pk=pk))
    collided = 0
    for _ in range(5):
        charge = sent_charge()
        evidence = gateway.approve(charge.reference, fee=630)
        results = race(
            20,
            lambda _, charge=charge, evidence=evidence: settle_charge(
                charge_id=charge.pk, evidence=evidence, now=clock.now()
            ),
        )
        assert all(isinstance(item, IntegrityError) for item in failures(results))
        collided += bool(failures(results))
        assert JournalEntry.objects.filter(charge=charge, kind="capture").count() == 1
    assert collided >= 4


def test_control_without_lock_and_net_money_is_posted_twice(
    committed, sent_charge, gateway, monkeypatch
):
    """The second control: the unique entry off as well, and the race is real."""
    monkeypatch.setattr(settlement, "locked", lambda queryset, pk: queryset.get(pk=pk))
    real = settlement.post_entry

    def as_other_money(**fields):
        fields["charge_id"] = Charge.objects.create(
            reference=f"X{uuid.uuid4().hex[:20]}",
            subject="control:1",
            payer_id=uuid.uuid4(),
            payee_id=uuid.uuid4(),
            amount=1_000,
            gateway="fedapay",
            operator="mtn",
            payer_phone="+2290197000001",
            description="control",
            expires_at=clock.now(),
            next_check_at=clock.now(),
        ).pk
        fields["gateway_reference"] = uuid.uuid4().hex
        return real(**fields)

    monkeypatch.setattr(settlement, "post_entry", as_other_money)
    charge = sent_charge()
    evidence = gateway.approve(charge.reference)
    race(
        20,
        lambda _: settle_charge(
            charge_id=charge.pk, evidence=evidence, now=clock.now()
        ),
    )
    assert JournalEntry.objects.filter(kind="capture").count() > 1


def test_200_copies_of_a_webhook_are_one_notice_and_one_posting(
    committed, sent_charge, gateway, books
):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    body, headers = gateway.webhook(charge.gateway_id)

    def work():
        return record_notice(
            gateway="fedapay", headers=headers, raw_body=body, now=clock.now()
        )

    results = copies(work)
    assert failures(results) == []
    assert results.count(True) == 1
    assert GatewayNotice.objects.count() == 1
    assert (
        OutboxEvent.objects.filter(name="payments.gateway_notice_received").count() == 1
    )
    drain()
    assert JournalEntry.objects.filter(kind="capture").count() == 1
    books.hold()


def test_control_check_then_insert_stores_copies(committed, gateway, monkeypatch):
    """The control: ask first, insert then, as naive receivers do."""
    body, headers = gateway.webhook("1001")

    def naive(gateway_name, headers, raw_body, notice, now):
        digest = uuid.uuid4().hex  # the unique digest and event are switched off
        known = GatewayNotice.objects.filter(
            gateway=gateway_name, gateway_object_id=notice.gateway_object_id
        )
        if known.exists():
            return None
        row = GatewayNotice(
            gateway=gateway_name,
            event_id=digest,
            kind=notice.kind,
            object_type=notice.object_type.value,
            gateway_object_id=notice.gateway_object_id,
            signed_at=now,
            raw_body=raw_body,
            body_digest=digest,
            body_kept_until=now,
        )
        row.save()
        return row.pk

    monkeypatch.setattr(notices, "_insert", naive)
    race(
        40,
        lambda _: record_notice(
            gateway="fedapay", headers=headers, raw_body=body, now=clock.now()
        ),
    )
    assert GatewayNotice.objects.count() > 1


@pytest.mark.parametrize("round_", range(5))
def test_webhook_poll_and_reconciliation_together(
    committed, sent_charge, gateway, books, round_
):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    now = clock.now()

    def work(index):
        kind = index % 3
        if kind == 0:
            body, headers = gateway.webhook(charge.gateway_id, event_id=str(index))
            record_notice(gateway="fedapay", headers=headers, raw_body=body, now=now)
            drain()
        elif kind == 1:
            confirm_with_gateway(charge_id=charge.pk, now=now, source="poll")
        else:
            reconcile_gateway(
                gateway="fedapay",
                window_from=charge.created_at,
                window_until=clock.now(),
                now=now,
            )

    results = race(18, work)
    assert failures(results) == []
    drain()
    charge.refresh_from_db()
    assert charge.status == "succeeded"
    assert JournalEntry.objects.filter(kind="capture").count() == 1
    assert JournalEntry.objects.filter(kind="gateway_fee").count() == 1
    assert settled_events() == 1
    assert Case.objects.count() == 0
    books.hold()


def test_unknown_money_seen_by_many_at_once_is_kept_once(committed, gateway, books):
    stray = gateway.add(reference="NOT-OURS", amount=12_000)
    gateway.approve("NOT-OURS")
    results = race(
        20,
        lambda _: notices.report_unknown_money(
            gateway="fedapay",
            evidence=gateway.charges[stray.gateway_id],
            now=clock.now(),
        ),
    )
    assert failures(results) == []
    assert books.balance("suspense:fedapay") == -12_000
    assert Case.objects.count() == 1


def test_a_settlement_rolled_back_leaves_nothing(
    committed, sent_charge, gateway, books
):
    """Killed before the commit: no entry, no event, the charge as it was."""
    charge = sent_charge()
    evidence = gateway.approve(charge.reference, fee=630)
    before = books.snapshot()

    class Killed(BaseException):
        pass

    def die(name):
        if name == "settle.before_commit":
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, "failpoint", die)
        with pytest.raises(Killed):
            settle_charge(charge_id=charge.pk, evidence=evidence, now=clock.now())
    assert books.snapshot() == before
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")
    books.hold()
