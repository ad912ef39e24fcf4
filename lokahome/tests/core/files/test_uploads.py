"""Uploads: announced, received whole, checked, attached once."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.files import uploads
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import (
    UploadNotWhole,
    attach_upload,
    read_upload,
    receive_upload,
)
from lokahome.core.ids import uuid7
from lokahome.tests.core.api.test_problems import problem
from lokahome.tests.core.files import corpus
from lokahome.tests.people import make_person
from lokahome.tests.threads import race

UPLOADS = "/api/v1/uploads"


def announce(client, content, **changes):
    body = {
        "kind": "photo",
        "mime": "image/jpeg",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return client.post(UPLOADS, body)


def send(client, address, content, mime="image/jpeg"):
    return client.put(urlsplit(address).path, data=content, content_type=mime)


def uploaded(client, content):
    """Announce and send *content*; return the upload's row."""
    announced = announce(client, content).json()
    assert send(client, announced["upload_url"], content).status_code == 200
    return Upload.objects.get(pk=announced["id"])


@pytest.fixture(params=["disk", "bucket"])
def store(request):
    """Files on the disk, then files in a bucket."""
    return request.getfixturevalue(request.param)


def test_a_photograph_is_announced_sent_and_read_back(ama, store):
    content = corpus.jpeg()
    response = announce(ama, content)
    assert response.status_code == 201
    body = response.json()
    assert body["status"] == "waiting"
    assert response["Location"] == f"{UPLOADS}/{body['id']}"
    assert body["upload_url"].startswith("http")
    sent = send(ama, body["upload_url"], content)
    assert sent.status_code == 200
    assert sent.json()["status"] == "whole"
    row = Upload.objects.get(pk=body["id"])
    assert row.received_at
    assert read_upload(row) == content
    assert ama.get(f"{UPLOADS}/{row.pk}").json()["status"] == "whole"


def test_sending_the_same_bytes_again_is_harmless(ama, store):
    content = corpus.jpeg()
    row = uploaded(ama, content)
    again = send(ama, f"{UPLOADS}/{row.pk}/content", content)
    assert again.status_code == 200
    row.refresh_from_db()
    assert row.version == 2
    assert read_upload(row) == content


def test_a_file_that_was_cut_short_by_a_crash_is_written_anew(ama, store):
    """The process died while it wrote: the name exists, the bytes are not all there."""
    content = corpus.jpeg()
    announced = announce(ama, content).json()
    storages["private"].save(
        f"uploads/{announced['id']}", ContentFile(content[: len(content) // 2])
    )
    assert send(ama, announced["upload_url"], content).status_code == 200
    assert read_upload(Upload.objects.get(pk=announced["id"])) == content


def test_the_bucket_gives_nothing_without_a_signature(ama, bucket):
    row = uploaded(ama, corpus.jpeg())
    address = storages["private"].url(row.file_name)
    assert "Signature" in address
    assert httpx.get(address).status_code == 200
    listed = bucket.list_objects_v2(Bucket=bucket.private)["Contents"]
    assert [item["Key"] for item in listed] == [row.file_name]


def test_private_files_have_no_address_on_the_disk(ama, disk):
    row = uploaded(ama, corpus.jpeg())
    with pytest.raises(ValueError, match="not accessible"):
        storages["private"].url(row.file_name)


# --- Announcements -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "virus"}, "/kind"),
        ({"mime": "image/svg+xml"}, "/mime"),
        ({"mime": "text/html"}, "/mime"),
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": -5}, "/size_bytes"),
        ({"size_bytes": 10**12}, "/size_bytes"),
        ({"sha256": "x"}, "/sha256"),
        ({"sha256": "g" * 64}, "/sha256"),
        ({"sha256": "0" * 63}, "/sha256"),
    ],
)
def test_an_announcement_that_makes_no_sense_is_refused(ama, changes, place):
    body = problem(announce(ama, b"x", **changes), 422, "request.invalid")
    assert [error["pointer"] for error in body["errors"]] == [place]
    assert not Upload.objects.exists()


def test_a_file_that_is_announced_too_large_is_refused_at_once(ama):
    response = announce(ama, b"x", size_bytes=10_000_001)
    problem(response, 413, "request.too_large")
    assert not Upload.objects.exists()


def test_an_announcement_may_carry_its_own_id_and_be_repeated(ama):
    own = str(uuid7())
    first = announce(ama, b"x", id=own)
    second = announce(ama, b"x", id=own)
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    assert Upload.objects.count() == 1


def test_a_day_has_a_limit_of_announcements(ama, monkeypatch):
    monkeypatch.setattr(uploads, "PER_DAY", 2)
    assert announce(ama, b"x").status_code == 201
    assert announce(ama, b"x").status_code == 201
    response = announce(ama, b"x")
    problem(response, 429, "rate.limited")
    assert int(response["Retry-After"]) > 3600
    assert Upload.objects.count() == 2


def test_the_digest_may_be_written_in_capitals(ama):
    content = corpus.jpeg()
    digest = hashlib.sha256(content).hexdigest().upper()
    announced = announce(ama, content, sha256=digest).json()
    assert send(ama, announced["upload_url"], content).status_code == 200


# --- Contents ------------------------------------------------------------------------


def refused(client, content, status, code, *, sent=None):
    """Send *content* (or *sent* instead) and check that it is refused whole."""
    announced = announce(client, content).json()
    response = send(client, announced["upload_url"], content if sent is None else sent)
    problem(response, status, code)
    row = Upload.objects.get(pk=announced["id"])
    assert (row.status, row.file_name, row.version) == ("waiting", "", 1)
    assert not storages["private"].exists(f"uploads/{row.pk}")


@pytest.mark.parametrize("name", corpus.NOT_PHOTOGRAPHS)
def test_what_is_not_a_photograph_is_refused(ama, name):
    refused(ama, corpus.NOT_PHOTOGRAPHS[name], 422, "upload.not_an_image")


@pytest.mark.parametrize(
    "sent",
    [b"", corpus.jpeg(65, 48), corpus.jpeg()[:-1], corpus.jpeg() + b"x"],
    ids=["nothing", "another", "less", "more"],
)
def test_other_bytes_than_those_announced_are_refused(ama, sent):
    refused(ama, corpus.jpeg(), 422, "upload.digest_mismatch", sent=sent)


def test_eleven_megabytes_are_refused_whatever_was_announced(ama):
    refused(ama, corpus.jpeg(), 413, "request.too_large", sent=b"\xff" * 11_000_000)


def test_ten_megabytes_are_taken(ama):
    content = corpus.jpeg() + b"\x00" * (10_000_000 - len(corpus.jpeg()))
    assert read_upload(uploaded(ama, content)) == content


@pytest.mark.parametrize("mime", ["image/png", "text/html", "application/octet-stream"])
def test_the_type_that_is_declared_on_sending_plays_no_part(ama, mime):
    content = corpus.jpeg()
    announced = announce(ama, content).json()
    assert send(ama, announced["upload_url"], content, mime).status_code == 200


def test_only_its_owner_sees_or_fills_an_upload(ama, stranger, anonymous):
    content = corpus.jpeg()
    announced = announce(ama, content).json()
    for client, status, code in (
        (stranger, 404, "resource.not_found"),
        (anonymous, 401, "auth.required"),
    ):
        problem(send(client, announced["upload_url"], content), status, code)
        problem(client.get(f"{UPLOADS}/{announced['id']}"), status, code)
    assert Upload.objects.get().status == "waiting"


def test_five_who_send_at_once_leave_one_whole_file(committed):
    content = corpus.jpeg()
    owner = make_person(name="Ama", phone="+2290197000001", roles=())
    row = uploads.announce_upload(
        owner_id=owner.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )

    def work(_index):
        return receive_upload(upload=row, content=content, now=clock.now()).status

    assert race(5, work) == ["whole"] * 5
    row.refresh_from_db()
    assert row.version == 2
    assert read_upload(row) == content


# --- Attaching -----------------------------------------------------------------------


def attach(row, owner_id, kind="photo"):
    with transaction.atomic():
        return attach_upload(upload_id=row.pk, owner_id=owner_id, kind=kind)


def test_an_upload_belongs_to_one_thing(ama):
    row = uploaded(ama, corpus.jpeg())
    assert attach(row, ama.id).status == "attached"
    with pytest.raises(UploadNotWhole):
        attach(row, ama.id)


def test_an_upload_that_is_not_whole_cannot_be_attached_or_read(ama):
    announced = announce(ama, b"x").json()
    row = Upload.objects.get(pk=announced["id"])
    with pytest.raises(UploadNotWhole):
        attach(row, ama.id)
    with pytest.raises(UploadNotWhole):
        read_upload(row)


def test_another_persons_upload_and_another_kind_are_not_found(ama, stranger):
    row = uploaded(ama, corpus.jpeg())
    for owner, kind, pk in (
        (stranger.id, "photo", row.pk),
        (ama.id, "identity", row.pk),
        (ama.id, "photo", uuid4()),
    ):
        with pytest.raises(NotFound), transaction.atomic():
            attach_upload(upload_id=pk, owner_id=owner, kind=kind)
    row.refresh_from_db()
    assert row.status == "whole"


def test_of_five_who_attach_at_once_one_wins(committed):
    owner = make_person(name="Ama", phone="+2290197000001", roles=())
    row = Upload(
        owner_id=owner.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=1,
        sha256="0" * 64,
        status="whole",
        file_name="uploads/x",
    )
    row.save()
    results = race(5, lambda _index: attach(row, owner.pk))
    assert sum(isinstance(result, Upload) for result in results) == 1
    assert sum(isinstance(result, UploadNotWhole) for result in results) == 4
