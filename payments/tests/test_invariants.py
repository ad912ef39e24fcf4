"""Each claim about money holds on good books, and can be refuted on bad ones."""

import pytest
from django.db import connection

from lokahome.core import clock
from lokahome.core.invariants import INVARIANTS, check_invariants
from lokahome.tests.databases import owner_connection
from payments.models import GatewayCall
from payments.models.charge_states import CAPTURED, OPEN
from payments.models.transfer_states import RESERVING, TAKING
from payments.services.confirming import confirm_with_gateway
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer
from payments.tests.conftest import OURS as FIRST_WORDS

OURS = [name for name in INVARIANTS if name.split(".")[0] in FIRST_WORDS]

SPOIL = {
    "ledger.entries_balance": "UPDATE payments_posting SET amount = amount + 1",
    "ledger.sums_to_zero": """DELETE FROM payments_posting
        WHERE id = (SELECT id FROM payments_posting LIMIT 1)""",
    "ledger.entries_have_their_legs": "UPDATE payments_journalentry SET legs = 3",
    "ledger.one_capture_per_gateway_reference": """
        UPDATE payments_journalentry SET kind = 'capture' WHERE kind = 'gateway_fee'""",
    "ledger.nothing_is_overdrawn": """UPDATE payments_posting SET amount = 1
        WHERE account_id IN (SELECT id FROM payments_ledgeraccount
                             WHERE code = 'transfers_reserved')""",
    "charge.given_back_at_most_captured": """UPDATE payments_posting SET amount = 1
        WHERE account_id IN (SELECT id FROM payments_ledgeraccount
                             WHERE code = 'payee_payable')""",
    "charge.open_has_next_check": """UPDATE payments_charge
        SET next_check_at = now() - interval '3 days' WHERE status = 'pending'""",
    "charge.end_rests_on_evidence": "DELETE FROM payments_gatewaycall",
    "charge.succeeded_is_in_ledger": """DELETE FROM payments_posting;
        DELETE FROM payments_journalentry""",
    "charge.fee_is_in_ledger": "UPDATE payments_charge SET provider_fee = 1",
    "charge.payable_follows_captures": """UPDATE payments_ledgeraccount
        SET party_id = gen_random_uuid() WHERE code = 'payee_payable'""",
    "escrow.holds_its_charges": """UPDATE payments_ledgeraccount
        SET party_id = gen_random_uuid() WHERE code = 'escrow'""",
    "escrow.split_is_whole": """UPDATE payments_escrow
        SET to_payee = to_payee + 1 WHERE status = 'settled'""",
    "escrow.state_is_what_it_holds": """UPDATE payments_charge
        SET escrow_part = '' WHERE escrow_part = 'split'""",
    "escrow.has_the_people_of_its_charges": """UPDATE payments_charge
        SET payer_id = gen_random_uuid() WHERE escrow_id IS NOT NULL""",
    "transfer.has_four_eyes": """UPDATE payments_transfer
        SET approved_by_id = proposed_by_id WHERE kind = 'payout'""",
    "transfer.has_the_people_of_its_escrow": """UPDATE payments_transfer
        SET phone_digest = repeat('0', 64) WHERE kind = 'refund'""",
    "transfer.reservation_ends_once": """UPDATE payments_journalentry
        SET kind = 'transfer_release' WHERE kind = 'transfer_sent'""",
    "transfer.reserved_is_in_ledger": """UPDATE payments_ledgeraccount
        SET party_id = gen_random_uuid() WHERE code = 'transfers_reserved'""",
    "transfer.succeeded_is_in_ledger": """UPDATE payments_transfer
        SET gateway_id = gateway_id || '9' WHERE status = 'succeeded'""",
    "transfer.never_more_than_owed": """UPDATE payments_escrow SET to_payee = 1
        WHERE settled_at IS NOT NULL""",
    "transfer.open_has_next_check": """UPDATE payments_transfer
        SET next_check_at = now() - interval '3 days' WHERE status = 'sending'""",
    "transfer.end_rests_on_evidence": "DELETE FROM payments_gatewaycall",
    "transfer.fee_is_in_ledger": "UPDATE payments_transfer SET provider_fee = 1",
}
HELD_BY = {
    "ledger.one_capture_per_gateway_reference": (
        ("payments_journalentry", "journal_entry_once_per_gateway_reference"),
        ("payments_journalentry", "journal_entry_once_per_charge"),
    ),
    "transfer.has_four_eyes": (("payments_transfer", "transfer_has_four_eyes"),),
}
"""What the database would refuse before the claim could be seen to fail."""
GUARDED = (
    "payments_posting",
    "payments_journalentry",
    "payments_ledgeraccount",
    "payments_gatewaycall",
    "payments_charge",
    "payments_escrow",
    "payments_transfer",
)


@pytest.fixture
def good_books(committed, sent_charge, gateway, owed_escrow, sent_payout, held_escrow):
    held_escrow(9_000)
    arrived, bounced, _sending = (sent_payout() for _ in range(3))
    refund = owed_escrow(20_000, back=5_000).transfers.get()
    send_transfer(transfer_id=refund.pk, now=clock.now())
    gateway.bounce(bounced.reference)
    for transfer in (arrived, refund):
        gateway.deliver(transfer.reference, fee=300)
    for transfer in (arrived, bounced, refund):
        confirm_transfer(transfer_id=transfer.pk, now=clock.now(), source="poll")
    paid, declined, _waiting = (sent_charge() for _ in range(3))
    gateway.approve(paid.reference, fee=630)
    gateway.decline(declined.reference)
    for charge in (paid, declined):
        confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")


def test_every_claim_has_a_way_to_be_refuted():
    assert sorted(SPOIL) == sorted(OURS)


def test_they_hold(good_books, books):
    assert GatewayCall.objects.filter(charge__escrow=None, transfer=None).count() == 5
    assert GatewayCall.objects.filter(transfer__isnull=False).count() == 7
    books.hold()


@pytest.mark.parametrize(
    "spoil",
    [
        "party_id = gen_random_uuid() WHERE status = 'succeeded' AND kind = 'refund'",
        "approved_by_id = (SELECT payer_id FROM payments_escrow LIMIT 1)"
        " WHERE kind = 'payout'",
        "subject = 'job:other' WHERE kind = 'payout'",
    ],
)
def test_a_transfer_to_somebody_else_is_seen(good_books, spoil):
    name = "transfer.has_the_people_of_its_escrow"
    database = connection.settings_dict["NAME"]
    with owner_connection(database) as owner, owner.transaction():
        owner.execute("ALTER TABLE payments_transfer DISABLE TRIGGER USER")
        owner.execute(f"UPDATE payments_transfer SET {spoil}")
        owner.execute("ALTER TABLE payments_transfer ENABLE TRIGGER USER")
    assert name in {item.invariant for item in check_invariants([name])}


@pytest.mark.parametrize("name", sorted(SPOIL))
def test_each_can_be_refuted(good_books, name):
    """The owner of the database breaks the books behind everybody's back."""
    connection.close()
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        dropped = []
        with owner.transaction():
            for table in GUARDED:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for table, constraint in HELD_BY.get(name, ()):
                found = owner.execute(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                    " WHERE conname = %s",
                    [constraint],
                )
                dropped.append((table, constraint, found.fetchone()[0]))
                owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            owner.execute(SPOIL[name])
        assert name in {item.invariant for item in check_invariants([name])}
        with owner.transaction():
            for table in GUARDED:
                owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            for table, constraint, definition in dropped:
                owner.execute(f"TRUNCATE {table} CASCADE")
                owner.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}"
                )


def test_the_states_named_in_sql_are_those_of_the_table():
    sql = " ".join(" ".join(INVARIANTS[name].sql.split()) for name in OURS)
    for states in (OPEN, CAPTURED, RESERVING, TAKING):
        assert ", ".join(f"'{state.value}'" for state in states) in sql
