"""Links to private PDFs: signed, five minutes, each view in the audit log."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.storage import storages

from lokahome.core.audit.record import record
from lokahome.core.documents.models import SealedDocument
from lokahome.core.errors import NotFound

LIFETIME = timedelta(minutes=5)
SALT = "lokahome.documents"


def signed_link(
    document: SealedDocument, *, reader_id: UUID, now: datetime
) -> dict[str, str]:
    """Return ``{"url", "expires_at"}`` for *reader_id*, who was checked by the caller."""
    token = signing.dumps([str(document.pk), str(reader_id)], salt=SALT, compress=False)
    return {
        "url": f"{settings.PUBLIC_URL}/d/{token}",
        "expires_at": (now + LIFETIME).isoformat(),
    }


def open_link(token: str) -> tuple[SealedDocument, bytes]:
    """Return the document of a link and its PDF; raises NotFound. Logs the view."""
    try:
        pk, reader = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise NotFound from error
    document = SealedDocument.objects.filter(pk=pk).first()
    if document is None:
        raise NotFound
    with storages["private"].open(document.file_name) as stored:
        content: bytes = stored.read()
    record(
        "document.viewed",
        subject=f"document:{document.pk}",
        actor_id=UUID(reader),
        details={"label": document.label},
    )
    return document, content
