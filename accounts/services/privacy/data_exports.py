"""Copies: everything that is held of a person, packed for that person alone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy, override

from accounts.events import DataExportReady, DataExportRequested
from accounts.models import DataExport, User
from accounts.models.data_export import EXPORT_STATES
from lokahome.core import limits
from lokahome.core.audit.record import record
from lokahome.core.clock import utc_text
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.privacy.copying import copy_of, files_of
from lokahome.core.privacy.holdings import StoredFile

A_DAY = 2
DAY = timedelta(days=1)
KEPT = timedelta(days=7)
GIVEN_UP_AFTER = DAY
"""What could not be packed until then is asked for anew, not waited for."""
LINK_LIFETIME = timedelta(minutes=5)
SALT = "accounts.data_exports"
ENTRY_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every entry: packed again after a crash, the archive is the same file."""
log = structlog.get_logger(__name__)


class ExportWaiting(StateConflict):
    """A copy is being packed already."""

    code = "export.waiting"
    title = gettext_lazy("Une copie de vos données est déjà en préparation")


class ExportNotReady(StateConflict):
    """The copy is not packed yet, or its days are over."""

    code = "export.not_ready"
    title = gettext_lazy("Cette copie n’est pas disponible")


def request_export(*, user: User, now: datetime) -> DataExport:
    """Ask for a copy of all that is held of *user*; it is packed in the background.

    Raises ExportWaiting, RateLimited beyond two a day. Locks the person; publishes
    DataExportRequested.
    """
    if DataExport.objects.waiting().filter(user=user).exists():
        raise ExportWaiting
    limits.take("data_exports", str(user.pk), limit=A_DAY, window=DAY, now=now)
    with transaction.atomic():
        person = locked(User.objects.get_queryset().active(), user.pk)
        if DataExport.objects.waiting().filter(user=person).exists():
            raise ExportWaiting
        export = DataExport(user=person, created_at=now)
        export.save(force_insert=True)
        record("export.asked", subject=f"dataexport:{export.pk}", actor_id=person.pk)
        append(DataExportRequested(export_id=export.pk))
    return export


def pack_export(*, export_id: UUID, now: datetime) -> DataExport | None:
    """Pack the copy and return it; None when there is nothing to pack any more.

    Reads without a lock, for minutes maybe, then says so in one step: whoever was erased
    meanwhile gets no copy, and what was packed is deleted. Whose account was closed
    meanwhile fetches it once it is open again. Safe to run again after dying anywhere.
    Publishes DataExportReady.
    """
    export = DataExport.objects.waiting().filter(pk=export_id).first()
    if export is None:
        return None
    content = archive_of(export.user_id, language=export.user.language, now=now)
    # What an earlier run left is replaced: one copy has one file, whoever died when.
    stored = file_of(export)
    storages[stored.storage].delete(stored.name)
    storages[stored.storage].save(stored.name, ContentFile(content))
    try:
        return _say_ready(export_id, stored.name, content, now)
    except NotFound:
        storages[stored.storage].delete(stored.name)
        return None


def file_of(export: DataExport) -> StoredFile:
    """Return where the file of *export* is, will be, or was left by a crash."""
    return StoredFile("private", f"exports/{export.pk}.zip")


def archive_of(person_id: UUID, *, language: str, now: datetime) -> bytes:
    """Return a ZIP: ``donnees.json``, the files under ``fichiers/``, and what it is."""
    out = io.BytesIO()
    with override(language), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = render_to_string(f"privacy/about_export.{language}.txt")
        _add(archive, "LISEZ-MOI.txt", text.encode())
        document = {
            "person": str(person_id),
            "made_at": utc_text(now),
            "sections": copy_of(person_id),
        }
        data = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
        _add(archive, "donnees.json", data.encode())
        for path, content in files_of(person_id):
            _add(archive, f"fichiers/{path}", content)
    return out.getvalue()


def sign_download(*, export_id: UUID, user: User, now: datetime) -> dict[str, str]:
    """Return ``{"url", "expires_at"}`` of one's own copy: five minutes.

    The link opens nothing without the person's own token beside it. Raises NotFound for
    another person's, ExportNotReady.
    """
    export = DataExport.objects.visible_to(user).filter(pk=export_id).first()
    if export is None:
        raise NotFound
    if export.status != DataExport.Status.READY:
        raise ExportNotReady
    token = signing.dumps([str(export.pk), str(user.pk)], salt=SALT)
    url = f"{settings.PUBLIC_URL}/api/v1/me/data-exports/{export.pk}/file?key={token}"
    return {"url": url, "expires_at": utc_text(now + LINK_LIFETIME)}


@transaction.atomic
def open_download(*, export_id: UUID, token: str, user: User) -> bytes:
    """Return the bytes of one's own copy, and write the download into the audit log.

    Raises NotFound for a link that is old, altered, another copy's or another person's,
    and for a file that is not the one that was packed.
    """
    try:
        meant = signing.loads(token, salt=SALT, max_age=LINK_LIFETIME)
    except signing.BadSignature as error:
        raise NotFound from error
    if meant != [str(export_id), str(user.pk)]:
        raise NotFound
    export = DataExport.objects.visible_to(user).ready().filter(pk=export_id).first()
    if export is None:
        raise NotFound
    with storages["private"].open(export.file_name) as stored:
        content: bytes = stored.read()
    if hashlib.sha256(content).hexdigest() != export.file_sha256:
        log.error("a copy was altered", export=str(export.pk))
        raise NotFound
    record(
        "export.downloaded",
        subject=f"dataexport:{export.pk}",
        actor_id=user.pk,
        details={"size_bytes": len(content)},
    )
    return content


def expired_exports(now: datetime) -> QuerySet[DataExport]:
    """Return the copies whose days are over, and those that nothing packed in a day."""
    over = DataExport.objects.ready().filter(expires_at__lte=now)
    stuck = DataExport.objects.waiting().filter(created_at__lte=now - GIVEN_UP_AFTER)
    return over | stuck


def expire_exports(now: datetime) -> int:
    """Delete the files whose days are over, and give up what is stuck; say how many."""
    return sum(
        _expire(pk, now)
        for pk in list(expired_exports(now).values_list("pk", flat=True))
    )


@transaction.atomic
def _expire(export_id: UUID, now: datetime) -> bool:
    export = locked(DataExport.objects.all(), export_id)
    if not expired_exports(now).filter(pk=export.pk).exists():
        return False
    # The file first: dying here leaves a row that the next run finds again.
    stored = file_of(export)
    storages[stored.storage].delete(stored.name)
    export.file_name = ""
    EXPORT_STATES.apply(
        export,
        "expire",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("file_name",),
    )
    return True


@transaction.atomic
def _say_ready(export_id: UUID, name: str, content: bytes, now: datetime) -> DataExport:
    person = DataExport.objects.filter(pk=export_id).values_list("user_id", flat=True)
    unerased = User.objects.get_queryset().filter(erased_at=None)
    locked(unerased, person.first() or export_id)
    export = locked(DataExport.objects.waiting(), export_id)
    export.file_name = name
    export.file_sha256 = hashlib.sha256(content).hexdigest()
    export.size_bytes = len(content)
    export.ready_at = now
    export.expires_at = now + KEPT
    EXPORT_STATES.apply(
        export,
        "pack",
        who="system",
        actor_id=None,
        now=now,
        update_fields=(
            "file_name",
            "file_sha256",
            "size_bytes",
            "ready_at",
            "expires_at",
        ),
    )
    append(DataExportReady(export_id=export.pk, person_id=export.user_id))
    return export


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, date_time=ENTRY_DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
