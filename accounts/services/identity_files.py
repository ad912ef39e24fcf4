"""Looking at an identity document: its reviewer alone, five minutes, each look on record.

A link is bound to the check and to the member of staff it was made for; it opens nothing
for anybody else, nor for somebody who lost the right meanwhile. What is shown is drawn
anew from the pixels: no place or device of the photo comes along.
"""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from PIL import Image

from accounts.models import IdentityCheck, User
from accounts.policies import may_check_identity
from lokahome.core.audit.record import record
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import read_upload

LIFETIME = timedelta(minutes=5)
SALT = "accounts.identity_documents"
BLURRED_WIDTH = 24
"""Pixels: enough to tell a card from a wall, too few for a face or a letter."""


def sign_look(*, check: IdentityCheck, reader: User) -> str:
    """Return a token with which *reader* may look at the document; raises NotAllowed."""
    _require_right(check, reader)
    return signing.dumps([str(check.pk), str(reader.pk)], salt=SALT)


@transaction.atomic
def open_document(*, token: str, reader: User) -> bytes:
    """Return the document as a JPEG, and write the look into the audit log.

    Raises NotFound for a token that is old, altered or another reader's, NotAllowed
    when *reader* may not check identities any more.
    """
    try:
        pk, meant = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise NotFound from error
    check = IdentityCheck.objects.filter(pk=pk).first()
    if check is None or meant != str(reader.pk):
        raise NotFound
    _require_right(check, reader)
    content = _drawn(check.upload_id)
    record(
        "identity.document_viewed",
        subject=f"identitycheck:{check.pk}",
        actor_id=reader.pk,
    )
    return content


def blurred_document(check: IdentityCheck) -> str:
    """Return a ``data:`` address of the document as a blur that nobody can read."""
    picture = Image.open(io.BytesIO(_drawn(check.upload_id)))
    height = max(1, round(picture.height * BLURRED_WIDTH / picture.width))
    out = io.BytesIO()
    picture.resize((BLURRED_WIDTH, height), Image.Resampling.BOX).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def _drawn(upload_id: UUID) -> bytes:
    upload = Upload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    return make_jpeg(read_upload(upload)).content


def _require_right(check: IdentityCheck, reader: User) -> None:
    if not may_check_identity(
        is_active=reader.is_active,
        is_staff=reader.is_staff,
        permissions=reader.get_all_permissions(),
        is_own=check.person_id == reader.pk,
    ):
        raise NotAllowed
