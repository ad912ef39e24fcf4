"""The seal: an HMAC under a key that is kept outside the database."""

from __future__ import annotations

import hmac
from typing import Any

import orjson
from django.conf import settings

from lokahome.core.documents.models import SealedDocument


def seal_of(
    *, label: str, kind: str, subject: str, facts: dict[str, Any], sha: str
) -> str:
    """Return the seal of a document's label, facts and file digest, in hex."""
    message = orjson.dumps(
        {"label": label, "kind": kind, "subject": subject, "facts": facts, "file": sha},
        option=orjson.OPT_SORT_KEYS,
    )
    return hmac.new(settings.DOCUMENT_SEAL_KEY.encode(), message, "sha256").hexdigest()


def is_intact(document: SealedDocument) -> bool:
    """Return whether the row says what it said when it was sealed."""
    expected = seal_of(
        label=document.label,
        kind=document.kind,
        subject=document.subject,
        facts=document.facts,
        sha=document.file_sha256,
    )
    return hmac.compare_digest(expected, document.seal)
