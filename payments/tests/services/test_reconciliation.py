"""The gateway's list beside our books: every seeded difference, and no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Case
from accounts.services.moderation.cases import decide_case
from lokahome.core import clock
from payments.gateways.base import EvidenceStatus
from payments.gateways.errors import GatewayUnavailable, GatewayUntrusted
from payments.models import ChargeStatus, ReconciliationRun
from payments.services.confirming import confirm_with_gateway
from payments.services.reconciliation import reconcile_due, reconcile_gateway

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def paid_charge(sent_charge, gateway):
    def make(**fields):
        charge = sent_charge(now=clock.now() - timedelta(minutes=30), **fields)
        gateway.approve(charge.reference, fee=630)
        confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
        charge.refresh_from_db()
        assert charge.status == ChargeStatus.SUCCEEDED
        return charge

    return make


def reconcile():
    now = clock.now()
    return reconcile_gateway(
        gateway="fedapay", window_from=now - 2 * HOUR, window_until=now, now=now
    )


def kinds():
    return sorted(Case.objects.values_list("kind", flat=True))


def test_it_works(paid_charge, sent_charge, gateway):
    paid_charge()
    paid_charge(amount=20_000)
    sent_charge()
    run = reconcile()
    assert run.state == ReconciliationRun.State.AGREED
    assert (run.listed, run.listed_paid, run.ours, run.ours_captured) == (3, 2, 3, 2)
    assert run.listed_sum == run.ledger_sum == run.ours_sum == 55_000
    assert run.listed_fees == 1_260
    assert (run.healed, run.differences) == (0, {})
    assert Case.objects.count() == 0


def test_an_agreeing_list_asks_about_nothing(paid_charge, gateway):
    for _ in range(5):
        paid_charge()
    gateway.calls.clear()
    reconcile()
    assert gateway.calls == ["list_charges"]


def test_what_was_paid_there_and_waits_here_is_healed(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    run = reconcile()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert (run.healed, run.state) == (1, ReconciliationRun.State.AGREED)
    assert run.ledger_sum == run.listed_sum == 35_000
    books.hold()


def test_what_failed_here_and_was_paid_there_is_healed(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.decline(charge.reference)
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    gateway.approve(charge.reference)
    assert reconcile().healed == 1
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert kinds() == ["payment_late"]
    books.hold()


def test_what_failed_there_and_waits_here_is_healed(sent_charge, gateway):
    charge = sent_charge()
    gateway.lapse(charge.reference)
    assert reconcile().healed == 1
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.EXPIRED


def test_a_late_fee_is_healed(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=None)
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    gateway.change(charge.reference, fee=630)
    assert reconcile().healed == 1
    assert books.balance("gateway_fees:fedapay") == 630
    assert reconcile().healed == 0
    assert Case.objects.count() == 0
    books.hold()


def seed_missing_here(charge, gateway):
    stray = gateway.add(reference="NOT-OURS", amount=12_000)
    gateway.approve("NOT-OURS")
    return stray


def seed_missing_there(charge, gateway):
    del gateway.charges[charge.gateway_id]


def seed_unpaid_there(charge, gateway):
    gateway.decline(charge.reference)


def seed_amount(charge, gateway):
    gateway.change(charge.reference, amount=34_999)


def seed_currency(charge, gateway):
    gateway.change(charge.reference, currency="EUR")


def seed_fee(charge, gateway):
    gateway.change(charge.reference, fee=631)


def seed_duplicate(charge, gateway):
    twin = replace(gateway.only(charge.reference), gateway_id="777")
    gateway.charges["777"] = twin


def seed_reference(charge, gateway):
    gateway.change(charge.reference, reference="LHSOMEBODYELSE")


def seed_refund(charge, gateway):
    gateway.change(charge.reference, status=EvidenceStatus.REFUNDED)


SEEDED = [
    (seed_missing_here, "missing_here"),
    (seed_missing_there, "missing_there"),
    (seed_unpaid_there, "missing_there"),
    (seed_amount, "amount"),
    (seed_currency, "currency"),
    (seed_fee, "fee"),
    (seed_duplicate, "duplicate"),
    (seed_reference, "reference"),
    (seed_refund, "refund"),
]


@pytest.mark.parametrize(("seed", "expected"), SEEDED)
def test_each_difference_is_one_case_of_its_class(
    paid_charge, gateway, books, seed, expected
):
    innocent = paid_charge()
    seed(paid_charge(), gateway)
    run = reconcile()
    assert run.state == ReconciliationRun.State.DIFFERENT
    assert run.differences == {expected: 1}
    assert kinds() == [f"payment_{expected}"]
    assert str(innocent.pk) not in Case.objects.get().subject
    books.hold()


@pytest.mark.parametrize(("seed", "expected"), SEEDED)
def test_again_opens_nothing_new_even_when_decided(
    paid_charge, gateway, books, seed, expected
):
    seed(paid_charge(), gateway)
    for _ in range(2):
        reconcile()
    case = Case.objects.get()
    decide_case(
        case_id=case.pk,
        decision="closed",
        reason="Vu avec la passerelle.",
        actor=None,
        now=clock.now(),
    )
    reconcile()
    assert Case.objects.count() == 1
    books.hold()


def test_a_mismatch_found_by_the_list_is_reviewed(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, amount=30_000)
    run = reconcile()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.IN_REVIEW
    assert run.differences == {"amount": 1}
    assert run.ledger_sum == run.listed_sum == 30_000
    gateway.calls.clear()
    reconcile()
    assert gateway.calls == ["list_charges"]
    books.hold()


def test_a_list_that_breaks_off_says_nothing_about_the_absent(paid_charge, gateway):
    paid_charge()
    gateway.charges.clear()
    gateway.next_error = GatewayUnavailable("timed out", sent=True)
    run = reconcile()
    assert run.state == ReconciliationRun.State.UNANSWERED
    assert Case.objects.count() == 0


def test_bad_rows_do_not_hide_the_good_ones(sent_charge, gateway, monkeypatch):
    charge = sent_charge()
    gateway.approve(charge.reference)
    whole = gateway.list_charges

    def with_a_bad_row(**window):
        yield from whole(**window)
        raise GatewayUntrusted("1 transactions in the list cannot be read")

    monkeypatch.setattr(gateway, "list_charges", with_a_bad_row)
    run = reconcile()
    assert run.healed == 1
    assert run.state == ReconciliationRun.State.UNANSWERED


def test_a_list_that_lags_makes_no_case(paid_charge, gateway, monkeypatch):
    paid_charge()
    monkeypatch.setattr(gateway, "list_charges", lambda **_: iter(()))
    assert reconcile().state == ReconciliationRun.State.AGREED
    assert Case.objects.count() == 0


def test_the_wide_look_comes_every_half_hour(gateway):
    now = clock.now()
    spans = []
    for minutes in (0, 1, 2, 31):
        taken, sent = reconcile_due(now=now + timedelta(minutes=minutes))
        assert (taken.flow, sent.flow) == ("in", "out")
        spans += [run.window_until - run.window_from for run in (taken, sent)]
    wide, narrow = timedelta(days=9), timedelta(hours=2)
    assert spans == [wide, wide, narrow, narrow, narrow, narrow, wide, wide]


def test_a_list_costs_one_comparison_whatever_its_length(
    paid_charge, gateway, django_assert_max_num_queries
):
    for _ in range(10):
        paid_charge()
    with django_assert_max_num_queries(8):
        reconcile()
