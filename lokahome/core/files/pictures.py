"""Photos of things that people show each other: an upload in, stored variants out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from lokahome.core.errors import NotFound
from lokahome.core.files.images import Variant, make_variants
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import read_upload


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn photo: size of the largest variant, and every variant, smallest first."""

    width: int
    height: int
    variants: list[dict[str, Any]]
    """``[{"format", "width", "height", "bytes", "key"}]``."""


def draw_picture(upload: Upload, *, folder: str) -> Picture:
    """Draw a whole *upload* anew and store its variants in *folder*.

    Takes a second: call it outside any transaction, and attach the upload afterwards.
    Called again it finds what it stored. Raises NotFound for an upload of another kind,
    UploadNotWhole, NotAnImage, ImageTooLarge.
    """
    if upload.kind != Upload.Kind.PHOTO:
        raise NotFound  # what is stored here is public: never an identity document
    variants = make_variants(read_upload(upload))
    stored = [_store(folder, upload, variant) for variant in variants]
    # A small picture is never enlarged: its larger variants are the same file.
    described = list({item["key"]: item for item in stored}.values())
    return Picture(variants[-1].width, variants[-1].height, described)


def forget_picture(keys: list[str]) -> None:
    """Delete the files *keys*; call it once the row that named them is gone."""
    for key in keys:
        storages["default"].delete(key)


def _store(folder: str, upload: Upload, variant: Variant) -> dict[str, Any]:
    # Named by its content's upload, so that a retry after a crash finds its own files.
    key = f"{folder}/{upload.pk.hex}-{variant.width}.{variant.extension}"
    storage = storages["default"]
    if not storage.exists(key):
        key = storage.save(key, ContentFile(variant.content))
    return {
        "format": "webp" if variant.extension == "webp" else "jpeg",
        "width": variant.width,
        "height": variant.height,
        "bytes": len(variant.content),
        "key": key,
    }
