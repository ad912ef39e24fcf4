"""Locks: rows by the querysets that name them, other things by advisory keys."""

from __future__ import annotations

import hashlib
from typing import TypeVar
from uuid import UUID

from django.db import connection, models

from lokahome.core.errors import NotFound

M = TypeVar("M", bound=models.Model)


def advisory_key(*parts: str) -> int:
    """Return a signed 64-bit key for PostgreSQL's advisory locks."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def try_advisory_lock(*parts: str) -> bool:
    """Take the transaction's advisory lock on *parts*, or say False at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [advisory_key(*parts)])
        return bool(cursor.fetchone()[0])


def advisory_lock(*parts: str) -> None:
    """Take the transaction's advisory lock on *parts*, waiting for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [advisory_key(*parts)])


def locked(queryset: models.QuerySet[M], pk: UUID, *, alone: bool = False) -> M:
    """Return the row *pk* of *queryset*, locked until the transaction ends.

    ``FOR NO KEY UPDATE``: plain ``FOR UPDATE`` would also block every insert that
    refers to the row, which is what *alone* asks for. Raises NotFound when the queryset
    holds no such row.
    """
    rows = queryset.select_for_update(no_key=not alone, of=("self",))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
