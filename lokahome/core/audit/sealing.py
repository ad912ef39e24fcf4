"""Sealing what was written since the last seal; every twenty seconds, by beat."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from lokahome.core.audit.chain import (
    GENESIS,
    SOURCES,
    entry_line,
    keys,
    row_digest,
    seal_of,
)
from lokahome.core.audit.models import AuditEntry, AuditSeal
from lokahome.core.audit.record import record
from lokahome.core.db.locks import try_advisory_lock

log = structlog.get_logger(__name__)

LARGEST = 5_000
"""Rows under one seal; what is left over waits for the next, which comes at once."""
QUIET_FOR = timedelta(minutes=1)
"""After this long without a deed a line says so: a chain without gaps has no room for
deeds that were taken out before they were sealed."""
LOOKED_BACK = timedelta(days=1)
"""A transaction may commit long after its rows got their ids. What appears further back
was put there by a hand, and stays unsealed for `verifying` to find."""


@transaction.atomic
def note_quiet(*, now: datetime) -> bool:
    """Write that nothing happened since the last seal; say whether it was time to.

    The job calls it when it found nothing to seal. Before the first seal there is
    nothing to be quiet about.
    """
    last = AuditSeal.objects.order_by("-position").first()
    if last is None or now - last.created_at < QUIET_FOR:
        return False
    record("audit.quiet", subject=f"seal:{last.position}", actor_id=None)
    return True


@transaction.atomic
def seal_next(*, now: datetime) -> AuditSeal | None:
    """Put what is unsealed under one seal and return it; None when there is nothing.

    None too while another process seals: the lock is one for all. Who holds it for long
    keeps deeds unsealed, so each miss goes to the log, which leaves the machine.
    """
    if not try_advisory_lock("audit.seal"):
        log.warning("audit sealing is held by another process")
        return None
    last = AuditSeal.objects.order_by("-position").first()
    entries = _entries(after=last.last_entry if last else 0, now=now, is_first=not last)
    if not entries:
        return None
    AuditEntry.objects.bulk_create(entries, batch_size=1_000)
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(
            entry_line(entry.position, entry.source, entry.row_id, entry.digest)
        )
    key_id, key = next(iter(keys().items()))
    seal = AuditSeal(
        position=last.position + 1 if last else 1,
        first_entry=entries[0].position,
        last_entry=entries[-1].position,
        entries_digest=digest.hexdigest(),
        previous=last.seal if last else GENESIS,
        key_id=key_id,
        created_at=now,
    )
    seal.seal = seal_of(seal, key)
    seal.save()
    return seal


def _entries(*, after: int, now: datetime, is_first: bool) -> list[AuditEntry]:
    """Return entries, not saved yet, of unsealed rows in the order of their ids."""
    since = None if is_first else now - LOOKED_BACK
    found: list[tuple[UUID, str, str]] = []
    for source in SOURCES:
        rows = unsealed(source, since=since).order_by("id")[: LARGEST - len(found)]
        fields = SOURCES[source][1]
        found += [
            (row[0], source, row_digest(source, row))
            for row in rows.values_list(*fields)
        ]
    found.sort()
    return [
        AuditEntry(
            position=position,
            source=source,
            row_id=row_id,
            digest=digest,
            created_at=now,
        )
        for position, (row_id, source, digest) in enumerate(found, start=after + 1)
    ]


def unsealed(source: str, *, since: datetime | None = None) -> models.QuerySet[Any]:
    """Return rows of *source* that no entry names; *since* bounds them by their ids."""
    model = SOURCES[source][0]
    sealed = AuditEntry.objects.filter(source=source, row_id=OuterRef("pk"))
    rows: models.QuerySet[Any] = model._default_manager.filter(~Exists(sealed))
    if since is not None:
        rows = rows.filter(pk__gte=first_id_at(since))
    return rows


def first_id_at(moment: datetime) -> UUID:
    """Return the least UUIDv7 of *moment*: ids sort by the time they were made."""
    return UUID(
        int=(int(moment.timestamp() * 1_000) << 80) | (0x7 << 76) | (0b10 << 62)
    )
