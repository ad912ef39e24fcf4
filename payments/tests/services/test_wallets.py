"""Numbers of wallets at rest, and who may be paid into one."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import IdentityCheck, RoleGrant
from accounts.services.identity.levels import recompute_levels
from lokahome.core import clock
from lokahome.core.crypto.encrypting import encrypt
from payments.models import Charge, Transfer
from payments.models.wallets import wallet_digest
from payments.services.reserving import goes_to_its_payee
from payments.services.transfers import (
    PayeeNotVerified,
    WalletChanged,
    approve_transfer,
)

pytestmark = pytest.mark.django_db
THIEF = "+2290197000099"


def approve(payout, checker):
    return approve_transfer(
        transfer_id=payout.pk, actor=checker.user, reason="Vérifié.", now=clock.now()
    )


def stored(model, column):
    """Return what the database itself holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table}")
        return [value for (value,) in cursor.fetchall()]


def test_no_number_lies_readable_in_the_database(proposed_payout):
    payout = proposed_payout()
    charge = Charge.objects.get()
    held = stored(Transfer, "phone") + stored(Charge, "payer_phone")
    assert all(value.startswith("v") for value in held)
    for number in (payout.phone, charge.payer_phone):
        assert not any(number[4:] in value for value in held)
    assert payout.phone_digest == wallet_digest(payout.phone)
    assert charge.payer_phone_digest == wallet_digest(charge.payer_phone)


def test_a_number_put_into_the_row_later_is_not_paid(proposed_payout, checker, books):
    """Whoever writes to the table knows neither the key nor the way past the trigger."""
    payout = proposed_payout()
    Transfer.objects.filter(pk=payout.pk).update(phone=THIEF)
    before = books.snapshot()
    with pytest.raises(WalletChanged):
        approve(payout, checker)
    assert books.snapshot() == before


def test_not_even_as_a_refund(proposed_payout):
    payout = proposed_payout()
    payout.kind = Transfer.Kind.REFUND
    assert goes_to_its_payee(payout)
    payout.phone = THIEF
    assert not goes_to_its_payee(payout)


def test_a_ciphertext_of_another_column_does_not_open(proposed_payout):
    from lokahome.core.crypto.encrypting import Tampered

    payout = proposed_payout()
    moved = encrypt(THIEF, purpose="payments.payer_phone")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_transfer SET phone = %s WHERE id = %s", [moved, payout.pk]
        )
    with pytest.raises(Tampered):
        payout.refresh_from_db()


@pytest.mark.parametrize("level", [0, 1])
def test_who_is_below_level_2_is_not_paid_out(
    proposed_payout, afi, checker, books, level
):
    kinds = ["ifu"] if level else ["ifu", "cip"]
    IdentityCheck.objects.filter(person=afi.user, document_kind__in=kinds).update(
        status="expired", end_cause="date"
    )
    recompute_levels(person_id=afi.id)
    assert RoleGrant.objects.get(user=afi.user, role="provider").level == level
    payout = proposed_payout()
    before = books.snapshot()
    with pytest.raises(PayeeNotVerified) as caught:
        approve(payout, checker)
    assert caught.value.code == "payout.level"
    assert books.snapshot() == before


def test_at_level_2_it_goes_out(proposed_payout, checker, books):
    assert approve(proposed_payout(), checker).status == "reserved"
    books.hold()
