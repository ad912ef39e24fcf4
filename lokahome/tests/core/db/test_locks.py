"""Locks: rows by their querysets, other things by advisory keys."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from accounts.models import RoleGrant, User
from lokahome.core.db.locks import advisory_key, locked, try_advisory_lock
from lokahome.core.errors import NotFound
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person
from lokahome.tests.threads import race


def make_upload():
    row = Upload(
        owner_id=uuid7(), kind="photo", mime="image/png", size_bytes=1, sha256="0" * 64
    )
    row.save()
    return row


def test_keys_are_signed_64_bit_and_parts_do_not_run_together():
    keys = {advisory_key("a", "bc"), advisory_key("ab", "c"), advisory_key("abc")}
    assert len(keys) == 3
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert advisory_key("a") == advisory_key("a")


def test_a_row_outside_the_queryset_is_not_found(db):
    row = make_upload()
    assert locked(Upload.objects.all(), row.pk) == row
    with pytest.raises(NotFound):
        locked(Upload.objects.filter(owner_id=uuid7()), row.pk)


def test_an_advisory_lock_is_held_by_one_transaction_until_it_ends(committed):
    def work(_index):
        with transaction.atomic():
            return try_advisory_lock("thing", "1")

    with transaction.atomic():
        assert try_advisory_lock("thing", "1")
        assert race(3, work) == [False, False, False]
        assert try_advisory_lock("thing", "1"), "the holder may take it again"
    assert True in race(1, work)


def test_a_locked_row_makes_others_wait_and_lose_no_change(committed):
    row = make_upload()

    def count_up(_index):
        with transaction.atomic():
            mine = locked(Upload.objects.all(), row.pk)
            mine.size_bytes += 1
            mine.save(update_fields=["size_bytes"])

    race(12, count_up)
    row.refresh_from_db()
    assert row.size_bytes == 13
    assert row.version == 13


def test_without_the_lock_changes_are_lost(committed):
    """The control of the test above: its protection is what makes it pass."""
    row = make_upload()
    everybody_has_read = threading.Barrier(8)

    def count_up(_index):
        mine = Upload.objects.get(pk=row.pk)
        everybody_has_read.wait(20)
        mine.size_bytes += 1
        mine.save(update_fields=["size_bytes"])

    race(8, count_up)
    row.refresh_from_db()
    assert row.size_bytes == 2


def test_a_locked_row_can_still_be_referred_to(committed):
    """FOR NO KEY UPDATE: an insert with a foreign key to the row does not wait."""
    person = make_person(name="Kossi", phone="+2290197000002", roles=())

    def refer(_index):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            RoleGrant(user=person, role="provider").save()
            return "done"

    with transaction.atomic():
        locked(User.objects.all(), person.pk)
        assert race(1, refer) == ["done"]
