"""Pictures are public: what is private is never drawn as one."""

from __future__ import annotations

import hashlib

import pytest

from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.files.images import make_jpeg, make_variants
from lokahome.core.files.pictures import draw_picture
from lokahome.core.files.uploads import (
    UploadNotWhole,
    announce_upload,
    receive_upload,
)
from lokahome.core.ids import uuid7
from properties.tests import factories as make


def received(kind, content, *, whole=True):
    announced = announce_upload(
        owner_id=uuid7(),
        kind=kind,
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    if not whole:
        return announced
    return receive_upload(upload=announced, content=content, now=clock.now())


def public_files(disk):
    return [path for path in (disk / "public").rglob("*") if path.is_file()]


def test_a_photo_is_drawn_for_everybody(db, disk):
    picture = draw_picture(received("photo", make.jpeg()), folder="things")
    assert len(public_files(disk)) == len(picture.variants)


def test_an_identity_document_is_not_even_by_its_owners_mistake(db, disk):
    with pytest.raises(NotFound):
        draw_picture(received("identity", make.jpeg()), folder="things")
    assert public_files(disk) == []


def test_what_has_not_come_is_not_drawn(db, disk):
    with pytest.raises(UploadNotWhole):
        draw_picture(received("photo", b"x", whole=False), folder="things")
    assert public_files(disk) == []


def test_the_jpeg_alone_is_the_jpeg_of_the_variants():
    raw = make.jpeg(2000, 1500)
    assert make_jpeg(raw) == make_variants(raw)[-1]
