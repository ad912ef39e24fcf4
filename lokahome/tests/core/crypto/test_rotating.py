"""Keys that change: every value moves, none is lost, whatever happens meanwhile."""

from __future__ import annotations

import io
import threading

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models

from accounts.models import IdentityCheck
from lokahome.core.crypto import rotating
from lokahome.core.crypto.encrypting import KeyMissing, Tampered, key_id_of
from lokahome.core.crypto.fields import EncryptedTextField
from lokahome.core.crypto.rotating import (
    EncryptedColumn,
    all_ciphertexts,
    encrypted_columns,
    rotate,
)
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person

OLD = {"1": "o" * 40}
BOTH = {"2": "n" * 40, "1": "o" * 40}
NEW = {"2": "n" * 40}
NUMBERS = EncryptedColumn(IdentityCheck._meta.get_field("number"))


def stored():
    """Return what the database holds, by row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, number FROM accounts_identitycheck")
        return dict(cursor.fetchall())


def numbered(count, person=None):
    """Write *count* documents with numbers of their own, and return them."""
    person = person or make_person(
        name="Ama", phone="+2290197000001", roles=("tenant",)
    )
    rows = [
        IdentityCheck(
            person=person,
            purpose="ownership",
            document_kind="utility_bill",
            number=f"N{place:05d}",
            number_digest="a" * 64,
            upload_id=uuid7(),
            status="withdrawn",
        )
        for place in range(count)
    ]
    return IdentityCheck.objects.bulk_create(rows)


def readable():
    return sorted(IdentityCheck.objects.values_list("number", flat=True))


def numbers(count):
    return [f"N{place:05d}" for place in range(count)]


@pytest.fixture
def old_key(settings):
    settings.FIELD_KEYS = OLD


def test_every_encrypted_column_and_registered_place_is_known():
    names = {place.name for place in all_ciphertexts()}
    assert {
        "accounts.IdentityCheck.number",
        "payments.Transfer.phone",
        "payments.Charge.payer_phone",
    } <= names
    assert len(names) == len(list(all_ciphertexts())), "two places share a name"


def test_no_two_columns_share_a_purpose():
    purposes = [field.purpose for field in encrypted_columns()]
    assert len(set(purposes)) == len(purposes)


@pytest.mark.django_db
def test_a_rotation_moves_everything_and_the_old_key_may_go(settings, old_key):
    numbered(7)
    settings.FIELD_KEYS = BOTH
    out = io.StringIO()
    call_command("rotate_field_keys", batch=2, stdout=out)
    assert "moved 7, changed meanwhile 0, unreadable 0" in out.getvalue()
    settings.FIELD_KEYS = NEW
    assert readable() == numbers(7)
    assert {key_id_of(value) for value in stored().values()} == {"2"}


@pytest.mark.django_db
def test_a_second_run_does_nothing_and_counts_no_version_up(settings, old_key):
    rows = numbered(3)
    settings.FIELD_KEYS = BOTH
    rotate(NUMBERS)
    before = stored()
    assert rotate(NUMBERS).moved == 0
    assert stored() == before
    assert IdentityCheck.objects.get(pk=rows[0].pk).version == 1


@pytest.mark.django_db
def test_a_dry_run_says_what_is_to_do_and_touches_nothing(settings, old_key):
    numbered(1)
    settings.FIELD_KEYS = BOTH
    before, out = stored(), io.StringIO()
    call_command("rotate_field_keys", dry_run=True, stdout=out)
    assert "to do" in out.getvalue()
    assert stored() == before


@pytest.mark.django_db
def test_what_cannot_be_read_stays_and_is_told(settings, old_key):
    good, bad = numbered(2)
    broken = stored()[bad.pk][:-8] + "AAAAAAA="
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_identitycheck SET number = %s WHERE id = %s",
            [broken, bad.pk],
        )
    settings.FIELD_KEYS = BOTH
    with pytest.raises(CommandError, match="accounts.IdentityCheck.number"):
        call_command("rotate_field_keys", stdout=io.StringIO())
    assert stored()[bad.pk] == broken
    assert key_id_of(stored()[good.pk]) == "2"
    with pytest.raises(Tampered):
        IdentityCheck.objects.get(pk=bad.pk)


@pytest.mark.django_db
def test_a_key_taken_away_too_early_is_named(settings, old_key):
    numbered(1)
    settings.FIELD_KEYS = NEW
    with pytest.raises(KeyMissing, match="'1'"):
        readable()
    with pytest.raises(CommandError, match="Keep the old keys"):
        call_command("rotate_field_keys", stdout=io.StringIO())
    settings.FIELD_KEYS = BOTH
    assert readable() == numbers(1)


# --- Crashes and writers: real commits ------------------------------------------------------


@pytest.mark.parametrize("crash_at", [1, 5, 6, 14])
def test_killed_half_way_nothing_is_lost_and_the_next_run_goes_on(
    committed, settings, old_key, crash_at, monkeypatch
):
    numbered(15)
    settings.FIELD_KEYS = BOTH
    replace, calls = EncryptedColumn.replace, []

    def crash(self, key, *, old, new):
        calls.append(key)
        if len(calls) == crash_at:
            raise SystemExit("killed")
        return replace(self, key, old=old, new=new)

    with monkeypatch.context() as patch:
        patch.setattr(EncryptedColumn, "replace", crash)
        with pytest.raises(SystemExit):
            rotate(NUMBERS, batch=5)
    assert readable() == numbers(15), "both keys read what both wrote"
    whole_batches = (crash_at - 1) // 5 * 5
    assert sum(key_id_of(value) == "2" for value in stored().values()) == whole_batches
    again = rotate(NUMBERS, batch=5)
    assert (again.moved, again.is_whole) == (15 - whole_batches, True)
    settings.FIELD_KEYS = NEW
    assert readable() == numbers(15)


def test_a_write_between_reading_and_replacing_wins(
    committed, settings, old_key, monkeypatch
):
    (row,) = numbered(1)
    settings.FIELD_KEYS = BOTH
    anew, was_edited = EncryptedColumn.anew, threading.Event()

    def edited_meanwhile(self, ciphertext):
        if not was_edited.is_set():
            was_edited.set()
            writer = threading.Thread(target=edit)
            writer.start()
            writer.join(30)
        return anew(self, ciphertext)

    def edit():
        mine = IdentityCheck.objects.get(pk=row.pk)
        mine.number = "EDITED"
        mine.save()
        connection.close()

    monkeypatch.setattr(EncryptedColumn, "anew", edited_meanwhile)
    result = rotate(NUMBERS)
    assert (result.moved, result.changed_meanwhile, result.is_whole) == (0, 1, True)
    assert readable() == ["EDITED"]


def test_control_without_the_comparison_the_write_is_lost(
    committed, settings, old_key, monkeypatch
):
    """The race above is real: a plain update would bring the old number back."""
    (row,) = numbered(1)
    settings.FIELD_KEYS = BOTH
    anew = EncryptedColumn.anew

    def edited_meanwhile(self, ciphertext):
        edit = threading.Thread(target=write)
        edit.start()
        edit.join(30)
        return anew(self, ciphertext)

    def write():
        IdentityCheck.objects.filter(pk=row.pk).update(number="EDITED")
        connection.close()

    def careless(self, key, *, old, new):
        value = models.Value(new, output_field=models.TextField())
        return bool(IdentityCheck.objects.filter(pk=key).update(number=value))

    monkeypatch.setattr(EncryptedColumn, "anew", edited_meanwhile)
    monkeypatch.setattr(EncryptedColumn, "replace", careless)
    rotate(NUMBERS)
    assert readable() == numbers(1)


def test_rows_written_while_it_runs_are_whole_and_readable(
    committed, settings, old_key
):
    """Writers go on under both keys, as processes of yesterday and of today do."""
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    numbered(40, person)
    settings.FIELD_KEYS = BOTH
    stop, written = threading.Event(), []

    def write():
        try:
            while not stop.is_set() and len(written) < 60:
                (row,) = numbered(1, person)
                number = f"W{len(written):05d}"
                IdentityCheck.objects.filter(pk=row.pk).update(number=number)
                written.append(number)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    results = [rotate(NUMBERS, batch=3) for _ in range(3)]
    stop.set()
    writer.join(30)
    assert sum(item.moved for item in results) >= 40
    assert rotate(NUMBERS).is_whole
    settings.FIELD_KEYS = NEW
    assert readable() == sorted([*numbers(40), *written])


# --- The column -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_column_can_be_asked_whether_it_is_empty_and_nothing_else():
    numbered(1)
    assert IdentityCheck.objects.filter(number="").count() == 0
    assert IdentityCheck.objects.exclude(number="").count() == 1
    for question in ("number", "number__contains", "number__startswith", "number__in"):
        with pytest.raises(FieldError):
            list(IdentityCheck.objects.filter(**{question: "N00000"}))


def test_a_table_that_is_written_once_may_not_hold_one():
    field = EncryptedTextField(purpose="test.once")

    class Written:
        append_only = True

    field.model = Written
    field.set_attributes_from_name("number")
    ids = [found.id for found in field.check() if found.id == "lokahome.E010"]
    assert ids == ["lokahome.E010"]


@pytest.mark.django_db
def test_a_registered_place_is_rotated_too(monkeypatch):
    """Second factors keep theirs inside a JSON; they register."""
    rows = {1: "old", 2: "old", 3: "broken"}

    class Place:
        name = "test.place"

        def stale(self, *, after, limit):
            keys = [key for key, value in rows.items() if value != "new"]
            keys = [key for key in keys if after is None or key > after]
            return [(key, rows[key]) for key in keys[:limit]]

        def replace(self, key, *, old, new):
            rows[key] = new
            return True

        def anew(self, ciphertext):
            if ciphertext == "broken":
                raise Tampered
            return "new"

    monkeypatch.setattr(rotating, "_OTHERS", {"test.place": Place})
    place = next(item for item in all_ciphertexts() if item.name == "test.place")
    result = rotate(place, batch=1)
    assert rows == {1: "new", 2: "new", 3: "broken"}
    assert (result.moved, result.unreadable, result.is_whole) == (2, 1, False)
