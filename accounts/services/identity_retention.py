"""How long the files of identity documents are kept: the rule, and the deed.

30 days after a document was accepted, 90 after it ended otherwise (`settings`): long
enough to answer a question about the decision, and no longer. The row stays: what was
found, by whom and when, and the encrypted number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction

from accounts.models import IdentityCheck
from accounts.models.identity_check import IdentityCheckQuerySet
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.files.models import Upload

AT_ONCE = 500


def files_to_forget(*, now: datetime) -> IdentityCheckQuerySet:
    """Return the checks whose files were kept long enough."""
    keep_accepted = timedelta(days=settings.IDENTITY_FILES_DAYS_ACCEPTED)
    keep_others = timedelta(days=settings.IDENTITY_FILES_DAYS_OTHERS)
    return IdentityCheck.objects.with_files_since(
        accepted=now - keep_accepted, others=now - keep_others
    )


def forget_identity_files(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Delete up to *limit* documents' files and uploads; return how many documents.

    One transaction a document; the file goes first, so that a crash in between is mended
    by the next run and never leaves a file that no row names.
    """
    due = files_to_forget(now=now).order_by("pk").values_list("pk", flat=True)
    return sum(_forget(pk, now=now) for pk in list(due[:limit]))


@transaction.atomic
def _forget(pk: UUID, *, now: datetime) -> bool:
    check = locked(IdentityCheck.objects.all(), pk)
    if not files_to_forget(now=now).filter(pk=pk).exists():
        return False
    sides = [side for side in (check.upload_id, check.back_upload_id) if side]
    for upload in Upload.objects.filter(pk__in=sides):
        if upload.file_name:
            storages["private"].delete(upload.file_name)
        upload.delete()
    check.files_deleted_at = now
    check.save(update_fields={"files_deleted_at"})
    record("identity.files_deleted", subject=f"identitycheck:{check.pk}", actor_id=None)
    return True
