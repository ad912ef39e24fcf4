"""Each claim about money holds on good books, and can be refuted on bad ones."""

import pytest
from django.db import connection

from lokahome.core import clock
from lokahome.core.invariants import INVARIANTS, check_invariants
from lokahome.tests.databases import owner_connection
from payments.models import GatewayCall
from payments.models.charge_states import CAPTURED, OPEN
from payments.services.confirming import confirm_with_gateway

OURS = [name for name in INVARIANTS if name.split(".")[0] in ("ledger", "charge")]

SPOIL = {
    "ledger.entries_balance": "UPDATE payments_posting SET amount = amount + 1",
    "ledger.sums_to_zero": """DELETE FROM payments_posting
        WHERE id = (SELECT id FROM payments_posting LIMIT 1)""",
    "ledger.entries_have_their_legs": "UPDATE payments_journalentry SET legs = 3",
    "ledger.one_capture_per_gateway_reference": """
        DROP INDEX IF EXISTS nothing; UPDATE payments_journalentry SET kind = 'capture'""",
    "charge.given_back_at_most_captured": """UPDATE payments_posting SET amount = 1
        WHERE account_id = (SELECT id FROM payments_ledgeraccount
                            WHERE code = 'payee_payable')""",
    "charge.open_has_next_check": """UPDATE payments_charge
        SET next_check_at = now() - interval '3 days' WHERE status = 'pending'""",
    "charge.end_rests_on_evidence": "DELETE FROM payments_gatewaycall",
    "charge.succeeded_is_in_ledger": """DELETE FROM payments_posting;
        DELETE FROM payments_journalentry""",
    "charge.fee_is_in_ledger": "UPDATE payments_charge SET provider_fee = 1",
    "charge.payable_follows_captures": """UPDATE payments_ledgeraccount
        SET party_id = gen_random_uuid() WHERE code = 'payee_payable'""",
}


@pytest.fixture
def good_books(committed, sent_charge, gateway):
    paid, declined, _waiting = (sent_charge() for _ in range(3))
    gateway.approve(paid.reference, fee=630)
    gateway.decline(declined.reference)
    for charge in (paid, declined):
        confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")


def test_every_claim_has_a_way_to_be_refuted():
    assert sorted(SPOIL) == sorted(OURS)


def test_they_hold(good_books, books):
    assert GatewayCall.objects.count() == 5
    books.hold()


@pytest.mark.parametrize("name", sorted(SPOIL))
def test_each_can_be_refuted(good_books, name):
    """The owner of the database breaks the books behind everybody's back."""
    connection.close()
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        drop = []
        if name == "ledger.one_capture_per_gateway_reference":
            drop = [
                "journal_entry_once_per_gateway_reference",
                "journal_entry_once_per_charge",
            ]
        with owner.transaction():
            for table in (
                "payments_posting",
                "payments_journalentry",
                "payments_ledgeraccount",
                "payments_gatewaycall",
            ):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for constraint in drop:
                owner.execute(
                    f"ALTER TABLE payments_journalentry DROP CONSTRAINT {constraint}"
                )
            owner.execute(SPOIL[name])
        assert name in {item.invariant for item in check_invariants([name])}
        with owner.transaction():
            for table in (
                "payments_posting",
                "payments_journalentry",
                "payments_ledgeraccount",
                "payments_gatewaycall",
            ):
                owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            if drop:
                owner.execute("TRUNCATE payments_journalentry CASCADE")
                owner.execute(
                    "ALTER TABLE payments_journalentry ADD CONSTRAINT"
                    " journal_entry_once_per_gateway_reference"
                    " UNIQUE (gateway, gateway_reference, kind)"
                )
                owner.execute(
                    "ALTER TABLE payments_journalentry ADD CONSTRAINT"
                    " journal_entry_once_per_charge UNIQUE (charge_id, kind)"
                )


def test_the_states_named_in_sql_are_those_of_the_table():
    sql = " ".join(INVARIANTS[name].sql for name in OURS)
    assert ", ".join(f"'{state.value}'" for state in OPEN) in sql
    assert ", ".join(f"'{state.value}'" for state in CAPTURED) in sql
