"""Paying rent: asking, applying, allocating."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lokahome.core import clock
from lokahome.core.documents.models import SealedDocument
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from lokahome.core.money import Money
from payments.events import ChargeSettled
from payments.models import Charge
from properties.models import RentAllocation, RentPayment, RentPeriod
from properties.services.periods import month_after, open_due_periods
from properties.services.quittances import PeriodNotPaid, issue_quittance
from properties.services.rent import (
    RentNotPayable,
    apply_rent_payment,
    lease_of,
    pay_rent,
)
from properties.subscribers import apply_settled_charge, issue_quittance_of_paid_period
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def open_months(lease, count):
    """Open periods until *lease* has *count*."""
    day = month_after(lease.starts_on, count - 1)
    open_due_periods(now=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    assert lease.rent_periods.count() == count


def paid(lease):
    return list(lease.rent_periods.order_by("starts_on").values_list("paid", flat=True))


def told(name):
    return OutboxEvent.objects.filter(name=f"properties.{name}").count()


def test_paying_asks_for_a_charge_of_what_is_owed(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease)
    assert (charge.amount, charge.currency, charge.status) == (35_000, "XOF", "created")
    assert charge.subject == f"lease:{lease.pk}"
    assert lease_of(charge.subject) == lease.pk
    assert lease_of("job:1") is None
    assert (charge.payer_id, charge.payee_id) == (ama.id, kossi.id)
    assert (charge.operator, charge.payer_phone) == ("mtn", ama.user.phone)
    payment = RentPayment.objects.get(charge_id=charge.pk)
    assert (payment.applied_at, payment.credit) == (None, 0)
    assert paid(lease) == [0], "nothing is paid by asking"


def test_the_payer_chooses_wallet_and_operator(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease, phone="+2290195000001")
    assert charge.operator == "moov"
    charge = make.charge(lease, phone="+2290195000001", operator="celtiis")
    assert charge.operator == "celtiis"


def test_who_may_pay(kossi, ama, stranger):
    lease = make.active_lease(kossi.user, ama.user)
    for payer, refusal in ((kossi, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            pay_rent(lease_id=lease.pk, payer=payer.user, now=clock.now())
    assert not Charge.objects.exists()


def test_a_lease_that_does_not_run_takes_no_rent(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    with pytest.raises(RentNotPayable):
        make.charge(lease)


def test_all_that_is_wrong_with_a_payment_is_said_at_once(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    with pytest.raises(InvalidInput) as refusal:
        pay_rent(
            lease_id=lease.pk,
            payer=ama.user,
            amount=Money(35_000 * 13 + 1),
            period_id=uuid7(),
            phone="+33612345678",
            now=clock.now(),
        )
    pointers = {error.pointer for error in refusal.value.errors}
    assert pointers == {"/amount", "/period_id", "/operator"}
    assert not Charge.objects.exists()


def test_nothing_owed_needs_an_amount(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    make.settle(make.charge(lease), lease)
    with pytest.raises(RentNotPayable):
        make.charge(lease)
    make.charge(lease, 35_000)


def test_a_settled_charge_pays_the_period_and_says_so_once(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease)
    for _ in range(3):
        make.settle(charge, lease)
    assert paid(lease) == [35_000]
    assert lease.rent_periods.get().status == "paid"
    assert RentAllocation.objects.count() == 1
    assert (told("rent_paid"), told("rent_period_paid")) == (1, 1)
    assert check_invariants() == []


def test_part_of_the_rent_gives_no_quittance(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    make.settle(make.charge(lease, 20_000), lease)
    period = lease.rent_periods.get()
    assert (period.status, period.balance) == ("part_paid", Money(15_000))
    assert told("rent_period_paid") == 0
    with pytest.raises(PeriodNotPaid):
        issue_quittance(period_id=period.pk)
    make.settle(make.charge(lease), lease)
    assert told("rent_period_paid") == 1


def test_the_oldest_debt_is_paid_first(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    open_months(lease, 3)
    make.settle(make.charge(lease, 50_000), lease)
    assert paid(lease) == [35_000, 15_000, 0]


def test_a_named_period_comes_first_then_the_oldest(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    open_months(lease, 3)
    third = lease.rent_periods.order_by("starts_on")[2]
    make.settle(make.charge(lease, 40_000, period_id=third.pk), lease)
    assert paid(lease) == [5_000, 0, 35_000]


def test_too_much_is_credit_for_the_next_period(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    payment = make.settle(make.charge(lease, 80_000), lease)
    assert payment.credit == 45_000
    open_months(lease, 3)
    payment.refresh_from_db()
    assert payment.credit == 0
    assert paid(lease) == [35_000, 35_000, 10_000]
    assert told("rent_period_paid") == 2
    assert check_invariants() == []


def test_money_that_comes_late_counts_on_a_lease_that_ended(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease)
    type(lease).objects.update(status="ended")
    make.settle(charge, lease)
    assert paid(lease) == [35_000]


def test_a_charge_that_nobody_announced_is_applied_too(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    payment = apply_rent_payment(
        charge_id=uuid7(),
        lease_id=lease.pk,
        payer_id=ama.id,
        amount=Money(35_000),
        captured_at=clock.now(),
    )
    assert payment.captured == 35_000
    assert paid(lease) == [35_000]


def settled(charge, subject=None):
    return ChargeSettled(
        charge_id=charge.pk,
        subject_ref=subject or charge.subject,
        payer_id=charge.payer_id,
        payee_id=charge.payee_id,
        amount=charge.amount,
        currency=charge.currency,
        captured_at=clock.now(),
    )


def test_the_subscriber_applies_leases_and_leaves_the_rest_alone(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease)
    apply_settled_charge(
        settled(charge, subject="job:01890000-0000-7000-8000-00000000")
    )
    assert paid(lease) == [0]
    apply_settled_charge(settled(charge))
    assert paid(lease) == [35_000]


def test_a_paid_period_gets_one_quittance_with_initials_only(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    charge = make.charge(lease)
    make.settle(charge, lease)
    row = OutboxEvent.objects.get(name="properties.rent_period_paid")
    from properties.events import RentPeriodPaid

    event = RentPeriodPaid.from_payload(row.payload)
    for _ in range(2):
        issue_quittance_of_paid_period(event)
    document = SealedDocument.objects.get()
    assert document.kind == "quittance"
    assert document.label.startswith("QT-")
    assert set(document.people) == {ama.id, kossi.id}
    assert document.facts["payer"] == "A. D."
    assert document.facts["amount"] == 35_000
    assert "Ama" not in str(document.facts)


def test_the_database_refuses_a_paid_period_that_is_not_whole(kossi, ama):
    lease = make.active_lease(kossi.user, ama.user)
    for bad in (
        {"status": "paid", "paid_at": clock.now()},
        {"paid": 35_001},
        {"paid": -1},
        {"paid": 35_000},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RentPeriod.objects.filter(lease=lease).update(**bad)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    months=st.integers(1, 4),
    amounts=st.lists(st.integers(100, 120_000), min_size=1, max_size=5),
    data=st.data(),
)
def test_every_franc_is_allocated_once_or_is_credit(kossi, ama, months, amounts, data):
    with transaction.atomic():
        lease = make.active_lease(kossi.user, ama.user)
        open_months(lease, months)
        periods = list(lease.rent_periods.all())
        for amount in amounts:
            named = data.draw(st.sampled_from([None, *periods]))
            charge_id = uuid7()
            RentPayment(
                charge_id=charge_id,
                lease=lease,
                named_period=named,
                payer_id=ama.id,
                amount=amount,
                currency="XOF",
            ).save()
            apply_rent_payment(
                charge_id=charge_id,
                lease_id=lease.pk,
                payer_id=ama.id,
                amount=Money(amount),
                captured_at=clock.now(),
            )
        open_months(lease, months + 1)
        credit = sum(lease.rent_payments.values_list("credit", flat=True))
        assert sum(paid(lease)) + credit == sum(amounts)
        owed = lease.rent_periods.owed().exists()
        assert not (owed and credit), "credit waits only when nothing is owed"
        assert check_invariants() == []
        transaction.set_rollback(True)
