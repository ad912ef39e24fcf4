"""Announcing, receiving and taking uploads."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.db.locks import locked
from lokahome.core.errors import InvalidInput, StateConflict, TooLarge
from lokahome.core.files.images import NotAnImage, sniff
from lokahome.core.files.models import Upload
from lokahome.core.files.storing import keep_private
from lokahome.core.ids import uuid7
from lokahome.core.limits import take

PER_DAY = 300


class DigestMismatch(InvalidInput):
    """The bytes received are not those that were announced."""

    code = "upload.digest_mismatch"
    title = gettext_lazy("Le fichier reçu n’est pas celui qui était annoncé")


class UploadNotWhole(StateConflict):
    """The upload has not been received, or was attached already."""

    code = "upload.not_available"
    title = gettext_lazy("Ce fichier n’est pas disponible")


def announce_upload(
    *,
    owner_id: UUID,
    kind: str,
    mime: str,
    size_bytes: int,
    sha256: str,
    now: datetime,
    upload_id: UUID | None = None,
) -> Upload:
    """Make the row that the bytes will be received for.

    Raises TooLarge beyond ``settings.UPLOAD_MAX_BYTES``, RateLimited beyond PER_DAY.
    """
    if size_bytes > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(
            _("La taille maximale est de %d Mo.") % (settings.UPLOAD_MAX_BYTES // 10**6)
        )
    window = timedelta(days=1)
    take("uploads", str(owner_id), limit=PER_DAY, window=window, now=now)
    upload = Upload(
        id=upload_id or uuid7(),
        owner_id=owner_id,
        kind=kind,
        mime=mime,
        size_bytes=size_bytes,
        sha256=sha256.lower(),
    )
    upload.save()
    return upload


def receive_upload(*, upload: Upload, content: bytes, now: datetime) -> Upload:
    """Keep *content* as the upload's file; receiving the same bytes again is harmless.

    Raises DigestMismatch, or NotAnImage when the first bytes are not a picture's: every
    kind of upload is one today.
    """
    digest = hashlib.sha256(content).hexdigest()
    if len(content) != upload.size_bytes or digest != upload.sha256:
        raise DigestMismatch
    if sniff(content) is None:
        raise NotAnImage
    name = keep_private(f"uploads/{upload.pk}", content)
    with transaction.atomic():
        row = locked(Upload.objects.all(), upload.pk)
        if row.status == Upload.Status.WAITING:
            row.status = Upload.Status.WHOLE
            row.file_name = name
            row.received_at = now
            row.save()
    return row


def read_upload(upload: Upload) -> bytes:
    """Return the bytes of a whole *upload*; raises UploadNotWhole."""
    if upload.status == Upload.Status.WAITING:
        raise UploadNotWhole
    with storages["private"].open(upload.file_name) as stored:
        content: bytes = stored.read()
    return content


def attach_upload(*, upload_id: UUID, owner_id: UUID, kind: str) -> Upload:
    """Mark an upload as used and return it, inside the caller's transaction.

    Raises NotFound when it is not *owner_id*'s, UploadNotWhole when it is not whole or
    is attached already: an upload belongs to one thing.
    """
    row = locked(Upload.objects.filter(owner_id=owner_id, kind=kind), upload_id)
    if row.status != Upload.Status.WHOLE:
        raise UploadNotWhole
    row.status = Upload.Status.ATTACHED
    row.save()
    return row
