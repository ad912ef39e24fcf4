"""What the database itself refuses about the ledger."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from lokahome.core import clock
from lokahome.core.db.models import AppendOnlyError
from lokahome.core.ids import uuid7
from payments.models import JournalEntry, LedgerAccount, Posting
from payments.models.chart import (
    CHART,
    GATEWAY_CLEARING,
    GATEWAY_FEES,
    SUSPENSE,
    account_code,
    chart_of,
)
from payments.services.ledger import Unbalanced, leg, post_entry

TABLES = ("payments_ledgeraccount", "payments_journalentry", "payments_posting")


def entry(**changes):
    fields = {
        "kind": JournalEntry.Kind.SUSPENSE,
        "gateway": "fedapay",
        "gateway_reference": str(uuid7()),
        "legs": 2,
        "occurred_at": clock.now(),
    }
    row = JournalEntry(**{**fields, **changes})
    row.save()
    return row


def account(code="suspense:fedapay", currency="XOF"):
    known = LedgerAccount.objects.filter(code=code, currency=currency).first()
    if known is None:
        known = LedgerAccount(code=code, currency=currency)
        known.save()
    return known


def post(row, *amounts, currency="XOF"):
    for amount in amounts:
        Posting(entry=row, account=account(currency=currency), amount=amount).save()


def post_good(amount=1_000, **changes):
    fields = {
        "kind": JournalEntry.Kind.SUSPENSE,
        "legs": (
            leg(GATEWAY_CLEARING, amount, "XOF", gateway="fedapay"),
            leg(SUSPENSE, -amount, "XOF", gateway="fedapay"),
        ),
        "gateway": "fedapay",
        "gateway_reference": str(uuid7()),
        "charge_id": None,
        "occurred_at": clock.now(),
    }
    with transaction.atomic():
        return post_entry(**{**fields, **changes})


def test_an_entry_is_one_statement(committed, django_assert_num_queries):
    post_good()
    with transaction.atomic(), django_assert_num_queries(2):
        post_entry(
            kind=JournalEntry.Kind.SUSPENSE,
            legs=(
                leg(GATEWAY_CLEARING, 5, "XOF", gateway="fedapay"),
                leg(SUSPENSE, -5, "XOF", gateway="fedapay"),
            ),
            gateway="fedapay",
            gateway_reference="once",
            charge_id=None,
            occurred_at=clock.now(),
        )


@pytest.mark.parametrize(
    "amounts", [(), (1_000,), (1_000, -999), (1_000, -500, -500), (1, 1, -2)]
)
def test_an_entry_that_is_not_whole_does_not_commit(committed, amounts):
    with pytest.raises(IntegrityError), transaction.atomic():
        post(entry(), *amounts)
    assert JournalEntry.objects.count() == 0
    assert Posting.objects.count() == 0


def test_currencies_do_not_make_up_for_each_other(committed):
    def mixed():
        with transaction.atomic():
            row = entry()
            post(row, 1_000)
            post(row, -1_000, currency="EUR")

    with pytest.raises(IntegrityError):
        mixed()
    assert Posting.objects.count() == 0


def test_nobody_adds_to_an_old_entry(committed):
    row = JournalEntry.objects.get(pk=post_good())
    with pytest.raises(IntegrityError), transaction.atomic():
        post(row, 1_000, -1_000)
    assert row.postings.count() == 2


def test_a_leg_is_not_zero(committed):
    with pytest.raises(IntegrityError), transaction.atomic():
        post(entry(), 0, 0)


def test_a_thing_of_the_gateway_is_posted_once(committed):
    post_good(gateway_reference="4242")
    with pytest.raises(IntegrityError):
        post_good(gateway_reference="4242")
    assert JournalEntry.objects.count() == 1


def test_a_capture_belongs_to_a_charge(committed):
    with pytest.raises(IntegrityError):
        post_good(kind=JournalEntry.Kind.CAPTURE)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET created_at = now()",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
    ],
)
def test_the_applications_role_may_only_add(committed, table, statement):
    post_good()
    with pytest.raises(ProgrammingError) as refusal, connection.cursor() as cursor:
        cursor.execute(statement.format(table=table))
    assert refusal.value.__cause__.sqlstate == "42501"
    assert Posting.objects.count() == 2


@pytest.mark.django_db
def test_code_is_told_before_the_database_has_to():
    post_good()
    for model in (LedgerAccount, JournalEntry, Posting):
        row = model.objects.first()
        with pytest.raises(AppendOnlyError):
            row.save()
        with pytest.raises(AppendOnlyError):
            row.delete()


@pytest.mark.django_db
@pytest.mark.parametrize("amounts", [(), (1_000,), (1_000, -999), (0, 0)])
def test_an_unbalanced_entry_is_not_even_sent(amounts):
    legs = [leg(SUSPENSE, amount, "XOF", gateway="fedapay") for amount in amounts]
    with pytest.raises(Unbalanced):
        post_good(legs=legs)
    assert JournalEntry.objects.count() == 0


@pytest.mark.django_db
def test_accounts_are_opened_once_for_each_party_and_currency():
    post_good()
    post_good()
    assert LedgerAccount.objects.count() == 2


def test_the_chart_knows_every_code_and_its_number():
    assert all(item.syscohada.isdigit() for item in CHART.values())
    assert account_code(GATEWAY_CLEARING, gateway="fedapay") == (
        "gateway_clearing:fedapay"
    )
    assert chart_of("gateway_fees:fedapay") is CHART[GATEWAY_FEES]
    with pytest.raises(ValueError, match="missing"):
        account_code(GATEWAY_CLEARING)
    with pytest.raises(KeyError):
        account_code("cash")
