"""Recognising money: once, in full, and never what does not match."""

from dataclasses import replace

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from payments.gateways.base import EvidenceStatus
from payments.models import Charge, ChargeStatus, JournalEntry
from payments.services.confirming import confirm_with_gateway
from payments.services.outcomes import apply_evidence
from payments.services.settlement import settle_charge
from payments.tests.conftest import KOSSI

pytestmark = pytest.mark.django_db


def settle(charge, evidence):
    settle_charge(charge_id=charge.pk, evidence=evidence, now=clock.now())
    charge.refresh_from_db()
    return charge


def ask(charge):
    """Go the way that every rumour goes."""
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    charge.refresh_from_db()
    return charge


def test_it_works(sent_charge, gateway, books, events):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    assert charge.captured_amount == 35_000
    assert charge.provider_fee == 630
    assert charge.next_check_at is None
    assert charge.next_action == "none"
    assert events(charge) == ["charge_requested", "charge_settled"]
    assert books.balance("gateway_clearing:fedapay") == 35_000 - 630
    assert books.balance("payee_payable", KOSSI) == -35_000
    assert books.balance("gateway_fees:fedapay") == 630
    assert books.balance("platform_commission") == 0
    books.hold()


def test_again_changes_nothing(sent_charge, gateway, books):
    charge = sent_charge()
    evidence = gateway.approve(charge.reference, fee=630)
    ask(charge)
    before = (books.snapshot()[1:], JournalEntry.objects.count())
    settle(charge, evidence)
    settle(charge, evidence)
    assert (books.snapshot()[1:], JournalEntry.objects.count()) == before
    assert Case.objects.count() == 0


def test_a_fee_that_comes_late_is_posted_once(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=None)
    ask(charge)
    assert charge.provider_fee is None
    assert books.balance("gateway_fees:fedapay") == 0
    gateway.change(charge.reference, fee=630)
    ask(charge)
    ask(charge)
    assert charge.provider_fee == 630
    assert books.balance("gateway_fees:fedapay") == 630
    books.hold()


def test_a_fee_that_the_payer_bore_is_not_ours(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    gateway.change(charge.reference, payer_debited=35_630, net=35_000)
    ask(charge)
    assert charge.provider_fee == 630
    assert books.balance("gateway_fees:fedapay") == 0
    assert books.balance("gateway_clearing:fedapay") == 35_000
    books.hold()


def test_a_fee_that_changes_afterwards_is_a_case(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    ask(charge)
    gateway.change(charge.reference, fee=700)
    ask(charge)
    assert Case.objects.get().kind == "payment_fee"
    assert charge.provider_fee == 630
    books.hold()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": 34_999}, "payment_amount"),
        ({"amount": 35_001}, "payment_amount"),
        ({"currency": "EUR"}, "payment_currency"),
        ({"reference": "LHSOMEBODYELSE"}, "payment_reference"),
        ({"reference": None}, "payment_reference"),
        ({"payer_debited": 34_000}, "payment_amount"),
    ],
)
def test_other_terms_never_succeed(sent_charge, gateway, books, events, changes, kind):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    gateway.change(charge.reference, **changes)
    ask(charge)
    assert charge.status == ChargeStatus.IN_REVIEW
    assert charge.captured_amount is None
    assert events(charge) == ["charge_requested"]
    assert Case.objects.get().kind == kind
    assert books.balance("payee_payable") == 0
    taken = min(changes.get("amount", 35_000), changes.get("payer_debited", 35_000))
    assert books.balance("suspense:fedapay") == -taken
    held = books.balance("gateway_clearing:fedapay")
    assert held + books.balance("gateway_fees:fedapay") == taken
    books.hold()


def test_other_terms_twice_are_one_suspense_and_one_case(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, amount=30_000)
    for _ in range(3):
        ask(charge)
    assert Case.objects.count() == 1
    assert books.balance("suspense:fedapay") == -30_000


def test_other_terms_are_reviewed_before_the_payer_pays(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.change(charge.reference, amount=350_000)
    ask(charge)
    assert charge.status == ChargeStatus.IN_REVIEW
    assert books.balance("suspense:fedapay") == 0


def test_what_the_gateway_corrects_is_settled_out_of_suspense(
    sent_charge, gateway, books
):
    charge = sent_charge()
    gateway.approve(charge.reference, amount=30_000, fee=540)
    ask(charge)
    gateway.approve(charge.reference, amount=35_000, fee=630)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    assert books.balance("suspense:fedapay") == 0
    assert books.balance("gateway_fees:fedapay") == 630
    assert books.balance("gateway_clearing:fedapay") == 35_000 - 630
    books.hold()


@pytest.mark.parametrize("ending", ["decline", "lapse"])
def test_a_late_confirmation_settles_a_charge_that_had_ended(
    sent_charge, gateway, books, events, ending
):
    charge = sent_charge()
    getattr(gateway, ending)(charge.reference)
    ask(charge)
    assert charge.status in (ChargeStatus.FAILED, ChargeStatus.EXPIRED)
    gateway.approve(charge.reference, fee=630)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    assert charge.failure_code == ""
    assert events(charge)[-1] == "charge_settled"
    assert Case.objects.get().kind == "payment_late"
    books.hold()


def test_a_decline_says_why(sent_charge, gateway, books, events):
    charge = sent_charge()
    gateway.decline(charge.reference)
    ask(charge)
    ask(charge)
    assert charge.status == ChargeStatus.FAILED
    assert charge.failure_code == "declined_by_payer"
    assert events(charge) == ["charge_requested", "charge_failed"]
    books.hold()


def test_captured_money_does_not_fail_afterwards(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    ask(charge)
    gateway.decline(charge.reference)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    assert Case.objects.get().kind == "payment_missing_there"
    books.hold()


def test_a_second_payment_under_our_reference_is_other_money(
    sent_charge, gateway, books
):
    charge = sent_charge()
    first = gateway.approve(charge.reference, fee=630)
    ask(charge)
    second = replace(first, gateway_id="9999")
    settle(charge, second)
    assert charge.gateway_id == first.gateway_id
    assert Case.objects.get().kind == "payment_duplicate"
    assert books.balance("payee_payable") == -35_000
    assert books.balance("suspense:fedapay") == -35_000
    books.hold()


def test_a_refund_that_we_did_not_make_is_a_case(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    gateway.change(charge.reference, status=EvidenceStatus.REFUNDED)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    assert Case.objects.get().kind == "payment_refund"
    books.hold()


def test_only_a_payment_settles(sent_charge, gateway, books):
    charge = sent_charge()
    before = books.snapshot()
    with pytest.raises(ValueError, match="only evidence"):
        settle(charge, gateway.only(charge.reference))
    assert books.snapshot() == before


def test_a_charge_whose_start_was_not_recorded_is_caught_up(new_charge, gateway, books):
    """Killed between the gateway's answer and our commit; then the webhook comes."""
    charge = new_charge()
    Charge.objects.filter(pk=charge.pk).update(send_attempts=1)
    gateway.add(reference=charge.reference)
    gateway.approve(charge.reference, fee=630)
    ask(charge)
    assert charge.status == ChargeStatus.SUCCEEDED
    steps = StateChange.objects.filter(subject=f"charge:{charge.pk}").order_by("id")
    assert [step.action for step in steps] == ["send", "settle"]
    books.hold()


def test_waiting_is_not_an_outcome(sent_charge, gateway, books):
    charge = sent_charge()
    before = books.snapshot()
    apply_evidence(
        charge_id=charge.pk,
        evidence=gateway.only(charge.reference),
        now=clock.now(),
    )
    assert books.snapshot() == before
