"""How long the files of identity documents are kept: the rule, and the deed.

30 days after a document was accepted, 90 after it ended otherwise (`settings`): long
enough to answer a question about the decision, and no longer. The row stays: what was
found, by whom and when, and the encrypted number.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction

from accounts.models import IdentityCheck
from accounts.models.identity_check import IdentityCheckQuerySet
from lokahome.core.audit.record import record
from lokahome.core.files.models import Upload

AT_ONCE = 500


ACCEPTED_KEPT = timedelta(days=settings.IDENTITY_FILES_DAYS_ACCEPTED)
OTHERS_KEPT = timedelta(days=settings.IDENTITY_FILES_DAYS_OTHERS)
Due = Callable[[datetime], IdentityCheckQuerySet]


def accepted_files_due(now: datetime) -> IdentityCheckQuerySet:
    """Return the documents that were found good, whose files were kept long enough."""
    return IdentityCheck.objects.found_good_before(now - ACCEPTED_KEPT)


def other_files_due(now: datetime) -> IdentityCheckQuerySet:
    """Return the documents that ended otherwise, whose files were kept long enough."""
    return IdentityCheck.objects.found_wanting_before(now - OTHERS_KEPT)


def forget_accepted_files(now: datetime) -> int:
    """Forget what `accepted_files_due` returns; see `forget_identity_files`."""
    return forget_identity_files(due=accepted_files_due, now=now)


def forget_other_files(now: datetime) -> int:
    """Forget what `other_files_due` returns; see `forget_identity_files`."""
    return forget_identity_files(due=other_files_due, now=now)


def forget_identity_files(*, due: Due, now: datetime, limit: int = AT_ONCE) -> int:
    """Delete files and uploads of up to *limit* documents that are *due*; say how many.

    One transaction a document; the file goes first, so that a crash in between is mended
    by the next run and never leaves a file that no row names.
    """
    keys = due(now).order_by("pk").values_list("pk", flat=True)
    return sum(_forget(pk, due, now) for pk in list(keys[:limit]))


@transaction.atomic
def _forget(pk: UUID, due: Due, now: datetime) -> bool:
    check = due(now).select_for_update(no_key=True).filter(pk=pk).first()
    if check is None:
        return False  # another run came first
    sides = [side for side in (check.upload_id, check.back_upload_id) if side]
    for upload in Upload.objects.filter(pk__in=sides):
        if upload.file_name:
            storages["private"].delete(upload.file_name)
        upload.delete()
    check.files_deleted_at = now
    check.save(update_fields={"files_deleted_at"})
    record("identity.files_deleted", subject=f"identitycheck:{check.pk}", actor_id=None)
    return True
