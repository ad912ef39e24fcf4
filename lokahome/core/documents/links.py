"""Links to private PDFs: signed, five minutes, each view in the audit log."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from django.core.files.storage import storages

from lokahome.core.audit.record import record
from lokahome.core.clock import utc_text
from lokahome.core.documents.models import SealedDocument
from lokahome.core.errors import NotFound

log = structlog.get_logger(__name__)
LIFETIME = timedelta(minutes=5)
SALT = "lokahome.documents"


def signed_link(
    document: SealedDocument, *, reader_id: UUID, now: datetime
) -> dict[str, str]:
    """Return ``{"url", "expires_at"}`` for *reader_id*, who was checked by the caller."""
    token = signing.dumps([str(document.pk), str(reader_id)], salt=SALT, compress=False)
    return {
        "url": f"{settings.PUBLIC_URL}/d/{token}",
        "expires_at": utc_text(now + LIFETIME),
    }


def open_link(token: str) -> tuple[SealedDocument, bytes]:
    """Return the document of a link and its PDF, and log the view.

    Raises NotFound, also for a file that is not the one that was sealed.
    """
    try:
        pk, reader = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise NotFound from error
    document = SealedDocument.objects.filter(pk=pk).first()
    if document is None:
        raise NotFound
    with storages["private"].open(document.file_name) as stored:
        content: bytes = stored.read()
    if hashlib.sha256(content).hexdigest() != document.file_sha256:
        log.error("a sealed file was altered", document=str(document.pk))
        raise NotFound
    record(
        "document.viewed",
        subject=f"document:{document.pk}",
        actor_id=UUID(reader),
        details={"label": document.label},
    )
    return document, content
