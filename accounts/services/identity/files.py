"""Looking at an identity document: its reviewer alone, five minutes, each look on record.

A link is bound to the check, to one of its sides and to the member of staff it was made
for; it opens nothing for anybody else, nor for somebody who lost the right meanwhile.
What is shown is drawn anew from the pixels: no place or device of the photo comes along.
The number is read in the same way, and looked at on record as well.
"""

from __future__ import annotations

import base64
import io
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from PIL import Image

from accounts.models import IdentityCheck, User
from accounts.policies.identity import may_check_identity
from accounts.queries.staff import is_same_human
from lokahome.core.audit.models import AuditEvent
from lokahome.core.audit.record import record
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import read_upload

LIFETIME = timedelta(minutes=5)
LOOK_COUNTS = timedelta(hours=1)
"""How long whoever looked may still decide by what they saw."""
VIEWED = "identity.document_viewed"
SALT = "accounts.identity_documents"
BLURRED_WIDTH = 24
"""Pixels: enough to tell a card from a wall, too few for a face or a letter."""
FRONT, BACK, NUMBER = "front", "back", "number"


def sides_of(check: IdentityCheck) -> list[str]:
    """Return the sides whose files are still kept."""
    if check.files_deleted_at is not None:
        return []
    return [FRONT, BACK] if check.back_upload_id else [FRONT]


def unseen_sides(check: IdentityCheck, *, reader: User, now: datetime) -> list[str]:
    """Return the sides of *check* that *reader* has not opened within the hour."""
    looks = AuditEvent.objects.filter(
        action=VIEWED,
        subject=f"identitycheck:{check.pk}",
        actor_id=reader.pk,
        created_at__gte=now - LOOK_COUNTS,
    )
    seen = set(looks.values_list("details__part", flat=True))
    return [side for side in sides_of(check) if side not in seen]


def sign_look(*, check: IdentityCheck, reader: User, part: str = FRONT) -> str:
    """Return a token with which *reader* may look at *part*; raises NotAllowed."""
    _require_right(check, reader)
    return signing.dumps([str(check.pk), str(reader.pk), part], salt=SALT)


@transaction.atomic
def open_document(*, token: str, reader: User) -> bytes:
    """Return one side of the document as a JPEG, and write the look into the audit log.

    Raises NotFound for a token that is old, altered or another reader's and for a file
    that was deleted, NotAllowed when *reader* may not check identities any more.
    """
    check, part = _opened(token, reader)
    if part not in sides_of(check):
        raise NotFound
    content = _drawn(_upload_id(check, part))
    _note(VIEWED, check, reader, part)
    return content


@transaction.atomic
def open_number(*, token: str, reader: User) -> str:
    """Return the document's number, and write the look into the audit log.

    Raises what `open_document` raises.
    """
    check, part = _opened(token, reader)
    if part != NUMBER:
        raise NotFound
    _note("identity.number_viewed", check, reader, part)
    return check.number


def blurred_document(check: IdentityCheck, *, side: str = FRONT) -> str:
    """Return a ``data:`` address of a side as a blur that nobody can read.

    Raises NotFound when the file was deleted.
    """
    picture = Image.open(io.BytesIO(_drawn(_upload_id(check, side))))
    height = max(1, round(picture.height * BLURRED_WIDTH / picture.width))
    out = io.BytesIO()
    picture.resize((BLURRED_WIDTH, height), Image.Resampling.BOX).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def _opened(token: str, reader: User) -> tuple[IdentityCheck, str]:
    try:
        pk, meant, part = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound from error
    check = IdentityCheck.objects.filter(pk=pk).first()
    if check is None or meant != str(reader.pk):
        raise NotFound
    _require_right(check, reader)
    return check, part


def _note(action: str, check: IdentityCheck, reader: User, part: str) -> None:
    record(
        action,
        subject=f"identitycheck:{check.pk}",
        actor_id=reader.pk,
        details={"part": part},
    )


def _upload_id(check: IdentityCheck, side: str) -> UUID:
    upload_id = check.back_upload_id if side == BACK else check.upload_id
    if upload_id is None:
        raise NotFound
    return upload_id


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
        is_own=is_same_human(reader.pk, check.person_id),
    ):
        raise NotAllowed
