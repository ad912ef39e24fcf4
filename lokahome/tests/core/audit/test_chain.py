"""The sealed audit log: what a superuser does to it is found."""

from __future__ import annotations

import random
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction

from bench.audit.tampering import TAMPERS, disarm, rewrite
from lokahome.core import clock
from lokahome.core.audit.anchors import FileAnchor, anchor, drop_anchors
from lokahome.core.audit.chain import SOURCES
from lokahome.core.audit.models import AuditEntry, AuditEvent, AuditSeal
from lokahome.core.audit.sealing import note_quiet, seal_next, unsealed
from lokahome.core.db.locks import advisory_key
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from lokahome.core.tasks import seal_audit, verify_audit
from lokahome.tests.core.audit.chains import found, later, sealed, write
from lokahome.tests.databases import owner_connection
from lokahome.tests.threads import race

CHAIN = "audit.chain_holds"


def test_a_log_that_nobody_touched_is_whole(db, place):
    sealed()
    assert AuditSeal.objects.count() == 4
    assert AuditEntry.objects.count() == 16
    assert found(place) == set()
    assert [head.position for head in place.heads()] == [1, 2, 3, 4]
    assert check_invariants([CHAIN]) == []


def test_a_seal_that_is_made_while_one_looks_is_no_cut(db, place, monkeypatch):
    sealed()
    heads = FileAnchor.heads

    def meanwhile(self):
        write()
        seal_audit()
        return heads(self)

    monkeypatch.setattr(FileAnchor, "heads", meanwhile)
    assert found(anchor()) == set()


def test_sealing_nothing_makes_no_seal(db):
    sealed(1)
    assert seal_next(now=clock.now()) is None
    assert AuditSeal.objects.count() == 1


def test_every_column_of_a_row_is_sealed(db):
    for model, fields in SOURCES.values():
        assert {field.attname for field in model._meta.local_fields} == set(fields)


def test_two_processes_make_one_chain(committed):
    write(20)
    race(4, lambda _: seal_next(now=clock.now()))
    while seal_next(now=clock.now()):
        pass
    assert found() == set()
    assert AuditEntry.objects.count() == 21


def test_a_deed_that_commits_late_gets_its_place(db):
    late = uuid7()
    sealed(2)
    AuditEvent(id=late, action="tests.slow", subject="lamp:9").save()
    seal_audit()
    assert AuditEntry.objects.filter(row_id=late).exists()
    assert found() == set()


def test_personal_values_are_no_part_of_the_chain(db, place):
    from lokahome.core.audit.models import AuditPersonalData

    sealed()
    AuditPersonalData.objects.all().delete()
    assert found(place) == set()


@pytest.mark.parametrize("name", sorted(TAMPERS))
def test_each_tampering_is_found(committed, place, name):
    sealed()
    with owner_connection() as owner:
        disarm(owner)
        TAMPERS[name](owner, random.Random(1))
        disarm(owner, armed=True)
    assert found(place)
    assert check_invariants([CHAIN])


@pytest.mark.parametrize("stolen", [False, True])
def test_a_log_written_anew_is_not_the_one_that_was_anchored(committed, place, stolen):
    sealed()
    with owner_connection() as owner:
        disarm(owner)
        rewrite(stolen=stolen)(owner, random.Random(1))
        disarm(owner, armed=True)
    assert "chain_rewritten" in found(place)
    assert bool(found(None)) == (not stolen), "the anchor alone knows of a stolen key"


def test_without_an_anchor_a_cut_shows_nothing(committed, place):
    """The control: why E013 wants one."""
    sealed()
    with owner_connection() as owner:
        disarm(owner)
        TAMPERS["cut: tail"](owner, random.Random(1))
        disarm(owner, armed=True)
    assert found(place) == {"tail_cut"}
    assert found(None) == set()


def test_a_deed_with_a_date_of_the_past_is_found_though_it_was_sealed(committed):
    sealed(2)
    then = clock.now() - timedelta(hours=3)
    with time_machine.travel(then, tick=False):
        write(1)
    seal_audit()
    assert "row_backdated" in found()


def test_what_was_never_sealed_is_found_after_a_minute(db):
    sealed(1)
    write(1)
    assert found() == set()
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert found() == {"row_unsealed"}


def test_another_key_is_said_to_be_unknown_and_an_old_one_still_verifies(db, settings):
    sealed(1)
    settings.AUDIT_SEAL_KEY = f"{'n' * 40},{settings.AUDIT_SEAL_KEY}"
    sealed(1)
    assert found() == set()
    settings.AUDIT_SEAL_KEY = "n" * 40
    assert found() == {"unknown_key"}


def test_a_process_that_died_before_the_anchor_is_made_good(db, place):
    write()
    seal_next(now=clock.now())
    assert list(place.heads()) == []
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert found(place) == {"not_anchored"}
    write()
    seal_next(now=clock.now())
    assert drop_anchors() == 2
    assert found(place) == set()


def test_the_unsealed_rows_of_a_first_run_are_all_there_is(db):
    write()
    assert unsealed("event").count() == 3
    with transaction.atomic():
        seal_next(now=clock.now())
    assert unsealed("event").count() == unsealed("state").count() == 0


def test_the_command_says_what_it_read_and_fails_when_something_is_wrong(committed):
    sealed()
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "4 sceaux, 16 lignes" in out.getvalue()
    with owner_connection() as owner:
        disarm(owner)
        TAMPERS["delete: row"](owner, random.Random(1))
        disarm(owner, armed=True)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", "--json", stdout=out)
    assert "row_missing" in out.getvalue()
    verify_audit()


def test_an_anchor_of_another_kind_is_refused(settings):
    settings.AUDIT_ANCHOR_URL = "http://example.com/anchor"
    with pytest.raises(ImproperlyConfigured):
        anchor()


def test_a_bucket_keeps_one_object_a_seal(db, settings, tmp_path, monkeypatch):
    from django.core.files.storage import FileSystemStorage
    from storages.backends import s3

    (tmp_path / "bucket").mkdir()
    storage = FileSystemStorage(location=tmp_path / "bucket")
    monkeypatch.setattr(s3, "S3Storage", lambda **_: storage)
    settings.AUDIT_ANCHOR_URL = "s3://anchors/production"
    sealed(3)
    bucket = anchor()
    assert [head.position for head in bucket.heads()] == [1, 2, 3]
    assert bucket.newest().position == 3
    assert found(bucket) == set()
    assert {path.parent.name for path in (tmp_path / "bucket").rglob("*.json")} == {
        "000000000000"
    }, "a thousand to a folder, so that the newest is found without a year's list"


# --- Sealing withheld: what stood unsealed could be anybody's work ------------------


def test_a_pause_in_sealing_is_found_for_ever(db, place):
    sealed(2)
    with later(hours=1):
        sealed(1)
    with later(days=3):
        assert "sealing_paused" in found()
        assert check_invariants([CHAIN])


def test_a_quiet_hour_with_its_quiet_lines_is_no_pause(db, place):
    sealed(1)
    for minute in range(1, 60):
        with later(minutes=minute):
            seal_audit()
    assert AuditEvent.objects.filter(action="audit.quiet").count() == 59
    with later(minutes=60):
        write()
        seal_audit()
        assert found(place) == set()


def test_nothing_is_said_of_quiet_before_a_minute_or_a_first_seal(db):
    assert not note_quiet(now=clock.now())
    sealed(1)
    assert not note_quiet(now=clock.now() + timedelta(seconds=59))
    seal_audit()
    assert AuditSeal.objects.count() == 1


def test_what_waited_through_the_pause_is_named(db):
    sealed(1)
    write(1)
    with later(minutes=9):
        seal_audit()
        assert found() == {"sealing_paused"}, "so long a transaction may take"
    write(1)
    with later(minutes=20):
        seal_audit()
        assert found() == {"sealing_paused", "row_sealed_late"}


def test_who_holds_the_lock_is_named_in_the_log_outside(committed, monkeypatch):
    from structlog.testing import capture_logs

    write()
    with owner_connection() as owner, capture_logs() as lines:
        key = advisory_key("audit.seal")
        owner.execute("SELECT pg_advisory_lock(%s)", [key])
        assert seal_next(now=clock.now()) is None
        assert not AuditSeal.objects.exists()
        owner.execute("SELECT pg_advisory_unlock(%s)", [key])
    assert "held" in str(lines)
    assert seal_next(now=clock.now()) is not None


# --- A line of the anchor that a crash tore -------------------------------------------


def test_a_torn_line_stops_neither_sealing_nor_looking(db, place):
    sealed(2)
    path = place._path
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert place.newest().position == 1
    assert [head.position for head in place.heads()] == [1]
    assert place.torn(), "it is said until the head stands there whole"
    sealed(1)
    assert [head.position for head in place.heads()] == [1, 2, 3]
    assert place.torn() == []
    assert found(place) == set()


def test_what_is_no_beginning_of_a_head_is_reported(db, place):
    sealed(1)
    with place._path.open("a") as lines:
        lines.write("{nonsense\n")
    assert found(place) == {"anchor_torn"}
