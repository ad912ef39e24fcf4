"""What somebody leaves behind in the books: everything; and what stands in the way."""

from __future__ import annotations

import pytest
from django.db import connection

from lokahome.core import clock
from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.erasing import empty_rows
from lokahome.core.privacy.obstacles import obstacles_of
from payments.models import Charge, GatewayNotice, JournalEntry, Posting


@pytest.mark.parametrize("who", ["ama", "afi"])
def test_money_in_escrow_stands_in_both_ways(request, held_escrow, who):
    held_escrow()
    assert "money.held" in obstacles_of(request.getfixturevalue(who).id)


def test_money_that_is_owed_stands_in_the_way_of_who_is_owed(owed_escrow, ama, afi):
    owed_escrow()
    assert "money.owed" in obstacles_of(afi.id)
    assert obstacles_of(ama.id) == []


def test_a_payment_without_an_end_stands_in_both_ways(sent_charge, ama, kossi):
    sent_charge(payer=ama.id, payee=kossi.id)
    for person in (ama, kossi):
        assert obstacles_of(person.id) == ["charge.open"]


def test_a_copy_shows_one_s_own_wallet_and_nobody_else_s(sent_charge, ama, kossi):
    sent_charge(payer=ama.id, payee=kossi.id)
    mine = copy_of(ama.id)["payments.charge"]["rows"][0]
    assert mine["payer_phone"] == "+2290197000001"
    theirs = copy_of(kossi.id)["payments.charge"]["rows"][0]
    assert "payer_phone" not in theirs
    assert theirs["amount"] == 35_000


def test_an_erasure_leaves_the_books_and_the_number_encrypted(owed_escrow, ama):
    owed_escrow()
    books = (
        list(JournalEntry.objects.order_by("pk").values()),
        list(Posting.objects.order_by("pk").values()),
        list(Charge.objects.order_by("pk").values()),
    )
    empty_rows(ama.id, now=clock.now())
    assert books == (
        list(JournalEntry.objects.order_by("pk").values()),
        list(Posting.objects.order_by("pk").values()),
        list(Charge.objects.order_by("pk").values()),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM payments_charge t")
        assert "+2290197000001" not in cursor.fetchone()[0]


def test_webhooks_about_the_person_lose_their_body(sent_charge, ama):
    charge = sent_charge(payer=ama.id)
    now = clock.now()
    GatewayNotice(
        gateway="fedapay",
        event_id="e1",
        kind="transaction.declined",
        object_type="charge",
        gateway_object_id="1",
        charge=charge,
        signed_at=now,
        raw_body=b'{"customer": "Ama"}',
        body_digest="0" * 64,
        headers={"x": "y"},
        body_kept_until=now,
        outcome="no_change",
        handled_at=now,
    ).save()
    empty_rows(ama.id, now=now)
    notice = GatewayNotice.objects.get()
    assert (bytes(notice.raw_body), notice.headers) == (b"", {})
    assert notice.body_digest == "0" * 64
