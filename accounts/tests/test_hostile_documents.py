"""Files of attackers as documents and as photos: no fault, and nothing comes out as sent.

Each goes the whole way: announced under a wrong type, received, handed in as an identity
document and looked at by a reviewer, and drawn as a photo that everybody sees.
"""

from __future__ import annotations

import hashlib
import io
import time

import pytest
from django.core.files.storage import storages
from PIL import Image

from accounts.models import IdentityCheck
from accounts.services.identity.checks import submit_identity_check
from accounts.services.identity.files import (
    blurred_document,
    open_document,
    sign_look,
)
from lokahome.core import clock
from lokahome.core.files.images import ImageTooLarge, NotAnImage
from lokahome.core.files.models import Upload
from lokahome.core.files.pictures import draw_picture
from lokahome.core.files.uploads import announce_upload, receive_upload
from lokahome.tests.core.files import hostile
from lokahome.tests.core.files.hostile import HOSTILE, MARK, NOT_PHOTOS, ODD_PHOTOS

# Of a damaged EXIF block Pillow warns, and goes on; the run makes warnings errors.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning"),
]
REFUSALS = (NotAnImage, ImageTooLarge)
WRONG_TYPES = ("image/png", "image/webp", "image/jpeg")
LONGEST = 20
"""Seconds of processor for one file, on a machine that others use as well."""


def received(owner, content, kind, place):
    """Return the upload of *content* under a type that it mostly is not."""
    announced = announce_upload(
        owner_id=owner.pk,
        kind=kind,
        mime=WRONG_TYPES[place % 3],
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    return receive_upload(upload=announced, content=content, now=clock.now())


def assert_is_drawn_anew(served, sent):
    """Assert that *served* is a plain picture that carries nothing of *sent*."""
    assert served != sent
    assert MARK not in served
    for words in (b"Exif\x00", b"<script", b"<?php", b"http://ns.adobe", b"PK\x03\x04"):
        assert words not in served
    with Image.open(io.BytesIO(served)) as drawn:
        drawn.load()
        assert drawn.format in {"JPEG", "WEBP"}
        assert max(drawn.size) <= 4_320
        assert not drawn.getexif()
        assert "comment" not in drawn.info
        assert "icc_profile" not in drawn.info


def test_the_corpus_is_large_and_each_file_is_another():
    assert len(HOSTILE) >= 80
    digests = {hashlib.sha256(content).digest() for content in HOSTILE.values()}
    assert len(digests) == len(HOSTILE)
    assert sum(MARK in content for content in HOSTILE.values()) >= 20


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_as_a_document_it_is_refused_or_drawn_anew(name, ama, identity_checker):
    content, place = HOSTILE[name], sorted(HOSTILE).index(name)
    begun = time.process_time()
    try:
        upload = received(ama.user, content, Upload.Kind.IDENTITY, place)
        check = submit_identity_check(
            person=ama.user,
            document_kind="cip",
            number="1234567890",
            upload_id=upload.pk,
            now=clock.now(),
        )
    except REFUSALS:
        assert name not in ODD_PHOTOS
        assert not IdentityCheck.objects.exists()
        return
    finally:
        assert time.process_time() - begun < LONGEST
    assert name not in NOT_PHOTOS
    token = sign_look(check=check, reader=identity_checker.user)
    served = open_document(token=token, reader=identity_checker.user)
    assert_is_drawn_anew(served, content)
    assert MARK.decode() not in blurred_document(check)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_as_a_photo_it_is_refused_or_drawn_anew(name, ama):
    content, place = HOSTILE[name], sorted(HOSTILE).index(name)
    try:
        upload = received(ama.user, content, Upload.Kind.PHOTO, place + 1)
        drawn = draw_picture(upload, folder="listings")
    except REFUSALS:
        assert name not in ODD_PHOTOS
        return
    assert name not in NOT_PHOTOS
    for variant in drawn.variants:
        with storages["default"].open(variant["key"]) as stored:
            assert_is_drawn_anew(stored.read(), content)


@pytest.mark.parametrize("name", sorted(NOT_PHOTOS))
def test_what_is_no_photo_is_not_even_kept(name, ama):
    with pytest.raises(NotAnImage):
        received(ama.user, NOT_PHOTOS[name], Upload.Kind.IDENTITY, 0)
    upload = Upload.objects.get()
    assert (upload.status, upload.file_name) == ("waiting", "")
    assert not storages["private"].exists(f"uploads/{upload.pk}")


def test_the_mark_would_be_seen_where_it_came_through():
    """The search above is real: in what was sent it finds what was planted."""
    with pytest.raises(AssertionError):
        assert_is_drawn_anew(HOSTILE["jpeg then php"], b"")
    with pytest.raises(AssertionError):
        assert_is_drawn_anew(hostile.jpeg(exif=hostile.exif()), b"")


@pytest.mark.parametrize(
    "name", ["jpeg then zip", "png of 400 megapixels", "svg", "jpeg of ends", "pdf"]
)
def test_over_http_the_answer_is_a_refusal_in_words_or_a_check(name, ama):
    content = HOSTILE[name]
    announced = ama.post(
        "/api/v1/uploads",
        {
            "kind": "identity",
            "mime": "image/png",
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    ).json()
    path = f"/api/v1/uploads/{announced['id']}/content"
    sent = ama.put(path, content, content_type="text/html")
    answer = ama.post(
        "/api/v1/identity-checks",
        {
            "document_kind": "cip",
            "number": "1234567890",
            "upload_id": announced["id"],
        },
    )
    if name == "jpeg then zip":
        assert (sent.status_code, answer.status_code) == (200, 201)
    else:
        assert answer.status_code in {409, 422}
        assert answer["Content-Type"].startswith("application/problem+json")
    assert MARK not in answer.content + sent.content
