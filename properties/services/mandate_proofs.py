"""Looking at the signed paper of a mandate: staff alone, five minutes, each look on record.

As with identity documents: a link is bound to the mandate and to its reader, and what is
shown is drawn anew from the pixels.
"""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.db import transaction

from accounts.models import User
from accounts.queries.staff import is_same_human, was_ever_of_agency
from lokahome.core.audit.record import record
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import read_upload
from properties.models import Mandate
from properties.policies import may_decide_mandate

LIFETIME = timedelta(minutes=5)
SALT = "properties.mandate_proofs"


def sign_proof_look(*, mandate: Mandate, reader: User) -> str:
    """Return a token with which *reader* may look at the paper; raises NotAllowed."""
    _require_right(mandate, reader)
    return signing.dumps([str(mandate.pk), str(reader.pk)], salt=SALT)


@transaction.atomic
def open_proof(*, token: str, reader: User) -> bytes:
    """Return the paper as a JPEG, and write the look into the audit log.

    Raises NotFound for a token that is old, altered or another reader's and for a file
    that is gone, NotAllowed when *reader* lost the right meanwhile.
    """
    try:
        pk, meant = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound from error
    mandate = Mandate.objects.filter(pk=pk).first()
    if mandate is None or meant != str(reader.pk):
        raise NotFound
    _require_right(mandate, reader)
    upload = Upload.objects.filter(pk=mandate.proof_id).first()
    if upload is None:
        raise NotFound
    content = make_jpeg(read_upload(upload)).content
    record(
        "mandate.proof_viewed",
        subject=f"mandate:{mandate.pk}",
        actor_id=reader.pk,
    )
    return content


def _require_right(mandate: Mandate, reader: User) -> None:
    if not may_decide_mandate(
        is_active=reader.is_active,
        is_staff=reader.is_staff,
        permissions=reader.get_all_permissions(),
        is_own=is_same_human(reader.pk, mandate.landlord_id)
        or was_ever_of_agency(reader.pk, mandate.agency_id),
    ):
        raise NotAllowed
