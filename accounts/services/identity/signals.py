"""What speaks against a document before anybody looks at it: shown to its reviewer."""

from __future__ import annotations

from uuid import UUID

from accounts.models import IdentityCheck
from lokahome.core.files.models import Upload

TELLING = ("submitted", "suspected", "accepted", "expired", "fraud")
"""States of another account's document that make its number worth a look."""
SHOWN = 20


def twins_of(check: IdentityCheck) -> list[IdentityCheck]:
    """Return documents of other people that carry the same number, newest first.

    A number that two kinds of documents share is found across them. A signal, not a
    refusal: digits are mistyped, and whoever came first is not always the owner.
    """
    if not check.number_digest:
        return []
    same = IdentityCheck.objects.filter(
        number_digest=check.number_digest, status__in=TELLING
    )
    others = same.exclude(person_id=check.person_id).select_related("person")
    return list(others.order_by("-id")[:SHOWN])


def same_files_of(check: IdentityCheck) -> list[IdentityCheck]:
    """Return documents of other people made of the very same file, newest first."""
    mine = Upload.objects.filter(pk__in=_uploads(check)).values_list("sha256")
    uploads = Upload.objects.filter(
        kind=Upload.Kind.IDENTITY, sha256__in=[row[0] for row in mine]
    ).exclude(owner_id=check.person_id)
    ids = list(uploads.values_list("pk", flat=True)[: SHOWN * 2])
    found = IdentityCheck.objects.filter(upload_id__in=ids) | (
        IdentityCheck.objects.filter(back_upload_id__in=ids)
    )
    return list(found.select_related("person").order_by("-id")[:SHOWN])


def _uploads(check: IdentityCheck) -> list[UUID]:
    return [pk for pk in (check.upload_id, check.back_upload_id) if pk is not None]
