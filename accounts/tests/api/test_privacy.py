"""One's own privacy over HTTP."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import storages

from accounts.models import Consent, DataExport, ErasureRequest, Session
from accounts.services.privacy.data_exports import pack_export
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent

CONSENTS = "/api/v1/me/consents"
EXPORTS = "/api/v1/me/data-exports"
ERASURES = "/api/v1/me/erasure-requests"


def wish(client, path, body=None, key=None):
    return client.post(
        path, body or {}, headers={"Idempotency-Key": str(key or uuid4())}
    )


def agree(client, purpose="news", version="2026-11", is_granted=True):
    body = {"purpose": purpose, "text_version": version, "is_granted": is_granted}
    return wish(client, CONSENTS, body)


def long_ago(client):
    """Let the session be an hour old: nothing was proved in the last minutes."""
    past = clock.now() - timedelta(hours=1)
    Session.objects.filter(user=client.user).update(
        started_at=past, proved_at=None, proved_by=""
    )


def packed(client):
    """Return a copy that is ready."""
    export = wish(client, EXPORTS).json()
    pack_export(export_id=export["id"], now=clock.now())
    return export["id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", CONSENTS),
        ("post", CONSENTS),
        ("get", f"{CONSENTS}/purposes"),
        ("get", EXPORTS),
        ("post", EXPORTS),
        ("get", f"{EXPORTS}/{UUID(int=1)}/file?key=x"),
        ("get", ERASURES),
        ("post", ERASURES),
        ("delete", f"{ERASURES}/{UUID(int=1)}"),
    ],
)
def test_nobody_asks_without_signing_in(db, anonymous, method, path):
    assert getattr(anonymous, method)(path).status_code == 401


def test_a_word_is_given_and_taken_back(ama):
    assert agree(ama).status_code == 201
    listed = ama.get(f"{CONSENTS}/purposes").json()["data"]
    assert [item["is_granted"] for item in listed] == [True, False, False, False]
    assert agree(ama, is_granted=False).json()["is_granted"] is False
    ledger = ama.get(CONSENTS).json()["data"]
    assert [row["is_granted"] for row in ledger] == [False, True]
    assert not any(
        item["is_granted"] for item in ama.get(f"{CONSENTS}/purposes").json()["data"]
    )


def test_the_texts_are_in_the_reader_s_language(ama):
    french = ama.get(f"{CONSENTS}/purposes").json()["data"][0]["text"]
    assert "nouvelles" in french


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"purpose": "everything"}, 422),
        ({"version": ""}, 422),
        ({"version": "2020-01"}, 409),
        ({"is_granted": "maybe"}, 422),
    ],
)
def test_a_word_for_nothing_is_refused(ama, values, status):
    assert agree(ama, **values).status_code in {status, 400}
    assert not Consent.objects.exists()


def test_a_stranger_sees_nobody_s_ledger(ama, kossi):
    agree(ama)
    assert kossi.get(CONSENTS).json()["data"] == []


def test_a_copy_is_asked_for_packed_linked_and_fetched(ama):
    answer = wish(ama, EXPORTS)
    assert answer.status_code == 202
    assert ama.get(answer["Location"]).json()["status"] == "requested"
    pack_export(export_id=answer.json()["id"], now=clock.now())
    here = f"{EXPORTS}/{answer.json()['id']}"
    assert ama.get(here).json()["status"] == "ready"
    link = ama.post(f"{here}/link").json()
    path = link["url"].partition("/api/")[2]
    got = ama.get(f"/api/{path}")
    assert (got.status_code, got["Content-Type"]) == (200, "application/zip")
    assert got["Cache-Control"] == "no-store"
    assert "attachment" in got["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert "+2290197000001" in archive.read("donnees.json").decode()
    deed = AuditEvent.objects.get(action="export.downloaded")
    assert (deed.actor_id, deed.subject) == (
        ama.id,
        f"dataexport:{answer.json()['id']}",
    )


def test_a_copy_of_somebody_else_does_not_exist(ama, stranger):
    mine = packed(ama)
    link = ama.post(f"{EXPORTS}/{mine}/link").json()
    path = "/api/" + link["url"].partition("/api/")[2]
    for answer in (
        stranger.get(f"{EXPORTS}/{mine}"),
        stranger.post(f"{EXPORTS}/{mine}/link"),
        stranger.get(path),
        ama.get(f"{EXPORTS}/{mine}/file?key=forged"),
    ):
        assert answer.status_code == 404
    assert stranger.get(EXPORTS).json()["data"] == []


@pytest.mark.parametrize("path", [EXPORTS, ERASURES])
def test_a_stolen_phone_gets_nothing_without_a_proof(ama, path):
    long_ago(ama)
    answer = wish(ama, path)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
    assert not DataExport.objects.exists()
    assert not ErasureRequest.objects.exists()


def test_a_link_needs_a_proof_too(ama):
    mine = packed(ama)
    long_ago(ama)
    answer = ama.post(f"{EXPORTS}/{mine}/link")
    assert answer.json()["code"] == "auth.proof_needed"


def test_the_same_key_makes_one_copy(ama):
    key = uuid4()
    first, second = wish(ama, EXPORTS, key=key), wish(ama, EXPORTS, key=key)
    assert first.json()["id"] == second.json()["id"]
    assert DataExport.objects.count() == 1


def test_a_file_that_was_altered_is_not_sent(ama):
    mine = packed(ama)
    export = DataExport.objects.get(pk=mine)
    storages["private"].delete(export.file_name)
    storages["private"].save(export.file_name, io.BytesIO(b"other bytes"))
    link = ama.post(f"{EXPORTS}/{mine}/link").json()
    assert ama.get("/api/" + link["url"].partition("/api/")[2]).status_code == 404


def test_being_erased_is_asked_for_seen_and_taken_back(ama, kossi):
    answer = wish(ama, ERASURES)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["allowed_actions"]) == ("scheduled", ["cancel"])
    assert wish(ama, ERASURES).json()["code"] == "erasure.open"
    here = f"{ERASURES}/{body['id']}"
    assert kossi.get(here).status_code == kossi.delete(here).status_code == 404
    assert ErasureRequest.objects.get().status == "scheduled"
    for _ in range(2):
        gone = ama.delete(here)
        assert (gone.status_code, gone.content) == (204, b""), "also the second time"
    now = ama.get(here).json()
    assert (now["status"], now["allowed_actions"]) == ("cancelled", [])


def test_what_stands_in_the_way_is_said_in_words(ama, monkeypatch):
    from lokahome.core.privacy import obstacles

    item = obstacles.Obstacle("a.lease", "Un bail est en cours.", lambda _: True)
    monkeypatch.setattr(obstacles, "_registered", {"a.lease": item})
    body = wish(ama, ERASURES).json()
    assert body["status"] == "requested"
    assert body["obstacles"] == [{"code": "a.lease", "title": "Un bail est en cours."}]


@pytest.mark.parametrize("path", [CONSENTS, EXPORTS, ERASURES])
def test_a_list_costs_two_queries_however_long(ama, path, django_assert_num_queries):
    now = clock.now()
    for _ in range(3):
        Consent(
            user=ama.user,
            purpose="news",
            text_version="2026-11",
            is_granted=True,
            source="app",
        ).save()
        DataExport(user=ama.user, status="expired").save()
        ErasureRequest(
            user=ama.user, status="cancelled", checked_at=now, ended_at=now
        ).save()
    with django_assert_num_queries(2):
        assert len(ama.get(path).json()["data"]) == 3
