"""Digests and seals of the audit log: what is hashed, and in which form.

Changing a form changes every digest that follows; what was sealed before would look
altered. A new form is a new ``FORM``, and `verifying` keeps the old one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings

from lokahome.core.audit.models import AuditEntry, AuditEvent, AuditSeal, StateChange
from lokahome.core.clock import utc_text

FORM = "lokahome-audit-1"
GENESIS = "0" * 64
"""What stands before the first seal."""
EVENT_FIELDS = (
    *("id", "created_at", "action", "subject", "actor_id", "reason", "details"),
    "request_id",
)
STATE_FIELDS = (
    *("id", "created_at", "subject", "source", "action", "target", "actor_id"),
    *("actor_kind", "reason"),
)
SOURCES: dict[str, tuple[type[AuditEvent] | type[StateChange], tuple[str, ...]]] = {
    AuditEntry.Source.EVENT.value: (AuditEvent, EVENT_FIELDS),
    AuditEntry.Source.STATE.value: (StateChange, STATE_FIELDS),
}
"""Source -> table, and all of its columns: a test holds the two together."""


def row_digest(source: str, values: Iterable[object]) -> str:
    """Return the SHA-256 of one row, its *values* in the order of `SOURCES`."""
    text = json.dumps(
        [FORM, source, *values],
        default=_plain,
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    return utc_text(value) if isinstance(value, datetime) else str(value)


def entry_line(position: int, source: str, row_id: UUID, digest: str) -> bytes:
    """Return one entry as `AuditSeal.entries_digest` hashes it."""
    return f"{position}:{source}:{row_id}:{digest}\n".encode()


def keys() -> dict[str, bytes]:
    """Return the keys by id. `AUDIT_SEAL_KEY` may name old ones after commas.

    The first one seals. An id is a digest of its key: nobody has to number them.
    """
    found = {}
    for part in settings.AUDIT_SEAL_KEY.split(","):
        if key := part.strip().encode():
            found[hashlib.sha256(b"key id:" + key).hexdigest()[:16]] = key
    return found


def seal_of(seal: AuditSeal, key: bytes) -> str:
    """Return the HMAC-SHA-256 of everything that *seal* claims, the one before too."""
    text = "\x1f".join(
        (
            FORM,
            str(seal.position),
            str(seal.first_entry),
            str(seal.last_entry),
            seal.entries_digest,
            seal.previous,
            seal.key_id,
            utc_text(seal.created_at),
        )
    )
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
