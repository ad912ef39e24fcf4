"""Copies: packed once, kept seven days, opened by their person alone."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import storages

from accounts.models import DataExport, User
from accounts.services.privacy import data_exports
from accounts.services.privacy.data_exports import (
    ExportNotReady,
    ExportWaiting,
    expire_exports,
    open_download,
    pack_export,
    request_export,
    sign_download,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound, RateLimited
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import make_person
from lokahome.tests.threads import race


@pytest.fixture
def person(db):
    """Return somebody with a name and a number."""
    return make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))


def ready(person) -> DataExport:
    """Return a copy that can be fetched."""
    export = request_export(user=person, now=clock.now())
    return pack_export(export_id=export.pk, now=clock.now())


def key(link: dict[str, str]) -> str:
    return link["url"].partition("key=")[2]


def test_the_relay_packs_what_was_asked_for(committed):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    export = request_export(user=person, now=clock.now())
    drain()
    export.refresh_from_db()
    assert export.status == DataExport.Status.READY
    assert export.expires_at == export.ready_at + timedelta(days=7)
    with storages["private"].open(export.file_name) as stored:
        content = stored.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data = json.loads(archive.read("donnees.json"))
    assert data["person"] == str(person.pk)
    rows = data["sections"]["accounts.phone"]["rows"]
    assert [row["number"] for row in rows] == ["+2290197000001"]
    assert OutboxEvent.objects.filter(name="accounts.data_export_ready").exists()


def test_a_copy_holds_no_secret(person):
    person.set_password("a secret of ama")
    person.save()
    text = data_exports.archive_of(person.pk, language="fr", now=clock.now())
    with zipfile.ZipFile(io.BytesIO(text)) as archive:
        data = archive.read("donnees.json").decode()
    assert person.password not in data
    for word in ('password"', "code_hash", "key_digest", "token", "jti"):
        assert f'"{word}' not in data


def test_twice_a_day_and_one_at_a_time(person):
    first = request_export(user=person, now=clock.now())
    with pytest.raises(ExportWaiting):
        request_export(user=person, now=clock.now())
    pack_export(export_id=first.pk, now=clock.now())
    ready(person)
    with pytest.raises(RateLimited) as limited:
        request_export(user=person, now=clock.now())
    assert limited.value.retry_after_seconds > 23 * 3600
    assert DataExport.objects.count() == 2


def test_what_cannot_be_packed_is_given_up_after_a_day(person, monkeypatch):
    def broken(*_: object, **__: object) -> bytes:
        raise OSError("a file is lost")

    monkeypatch.setattr(data_exports, "archive_of", broken)
    stuck = request_export(user=person, now=clock.now())
    with pytest.raises(OSError, match="lost"):
        pack_export(export_id=stuck.pk, now=clock.now())
    almost = stuck.created_at + timedelta(days=1, seconds=-1)
    assert expire_exports(almost) == 0
    with pytest.raises(ExportWaiting):
        request_export(user=person, now=almost)
    monkeypatch.undo()
    assert expire_exports(almost + timedelta(seconds=1)) == 1
    assert expire_exports(almost + timedelta(seconds=1)) == 0, "and once"
    stuck.refresh_from_db()
    assert stuck.status == DataExport.Status.EXPIRED
    assert pack_export(export_id=stuck.pk, now=clock.now()) is None
    assert ready(person).status == DataExport.Status.READY


def test_whose_account_closes_meanwhile_has_the_copy_afterwards(person):
    export = request_export(user=person, now=clock.now())
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert pack_export(export_id=export.pk, now=clock.now()) is not None
    export.refresh_from_db()
    assert export.status == DataExport.Status.READY
    User.objects.filter(pk=person.pk).update(is_active=True)
    assert sign_download(export_id=export.pk, user=person, now=clock.now())["url"]


def test_a_link_opens_for_its_person_for_five_minutes(person, monkeypatch):
    export = ready(person)
    link = sign_download(export_id=export.pk, user=person, now=clock.now())
    content = open_download(export_id=export.pk, token=key(link), user=person)
    assert content[:2] == b"PK"
    deeds = AuditEvent.objects.filter(action="export.downloaded")
    assert deeds.get().actor_id == person.pk
    from django.core import signing

    real = signing.time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + 301)
    with pytest.raises(NotFound):
        open_download(export_id=export.pk, token=key(link), user=person)
    assert deeds.count() == 1


def test_a_link_opens_nothing_for_anybody_else(person):
    stranger = make_person(name="Yao", phone="+2290197000009", roles=("tenant",))
    export, other = ready(person), ready(stranger)
    link = sign_download(export_id=export.pk, user=person, now=clock.now())
    for values in (
        {"export_id": export.pk, "token": key(link), "user": stranger},
        {"export_id": other.pk, "token": key(link), "user": person},
        {"export_id": export.pk, "token": key(link)[:-1] + "x", "user": person},
        {"export_id": export.pk, "token": "", "user": person},
    ):
        with pytest.raises(NotFound):
            open_download(**values)
    with pytest.raises(NotFound):
        sign_download(export_id=export.pk, user=stranger, now=clock.now())
    assert not AuditEvent.objects.filter(action="export.downloaded").exists()


def test_no_link_before_it_is_packed(person):
    export = request_export(user=person, now=clock.now())
    with pytest.raises(ExportNotReady):
        sign_download(export_id=export.pk, user=person, now=clock.now())


def test_the_file_goes_after_seven_days(person):
    export = ready(person)
    name = export.file_name
    assert expire_exports(export.expires_at - timedelta(seconds=1)) == 0
    assert storages["private"].exists(name)
    assert expire_exports(export.expires_at) == 1
    assert not storages["private"].exists(name)
    assert expire_exports(export.expires_at) == 0
    export.refresh_from_db()
    assert (export.status, export.file_name) == (DataExport.Status.EXPIRED, "")


def test_dying_after_the_file_leaves_one_file(person, monkeypatch):
    export = request_export(user=person, now=clock.now())

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(data_exports, "_say_ready", die)
    with pytest.raises(MemoryError):
        pack_export(export_id=export.pk, now=clock.now())
    monkeypatch.undo()
    pack_export(export_id=export.pk, now=clock.now())
    assert len(storages["private"].listdir("exports")[1]) == 1


def test_whoever_was_erased_meanwhile_gets_no_copy(person, monkeypatch):
    export = request_export(user=person, now=clock.now())
    real = data_exports.archive_of

    def slow(*args, **values):
        User.objects.filter(pk=person.pk).update(
            is_active=False, full_name="", erased_at=clock.now()
        )
        return real(*args, **values)

    monkeypatch.setattr(data_exports, "archive_of", slow)
    assert pack_export(export_id=export.pk, now=clock.now()) is None
    assert storages["private"].listdir("exports")[1] == []


def test_requests_at_once_make_one_copy(committed):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    race(4, lambda _: request_export(user=person, now=clock.now()))
    assert DataExport.objects.count() == 1
