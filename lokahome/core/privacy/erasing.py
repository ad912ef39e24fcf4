"""Emptying what is held of a person, and knowing beforehand what that would be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db.models import F

from lokahome.core.db.models import VersionedModel
from lokahome.core.privacy.holdings import Holding, StoredFile, registered


@dataclass(frozen=True, slots=True)
class Planned:
    """What an erasure does to one table: how many rows and files, and what stays."""

    model: str
    role: str
    deed: str
    """``delete``, ``empty`` or ``keep``."""
    rows: int
    files: int
    columns: tuple[str, ...]
    kept: str


def plan_of(person_id: UUID) -> list[Planned]:
    """Return what `empty_rows` would do now, for a person to read; changes nothing."""
    plan = []
    for data in reversed(registered()):
        for holding in data.holdings:
            rows = holding.rows(person_id).count()
            if rows:
                plan.append(_planned(holding, person_id, rows))
    return plan


def empty_rows(person_id: UUID, *, now: datetime) -> list[StoredFile]:
    """Empty every table of the person, from the roof down; return the files to delete.

    One transaction, the caller's, which holds the person's row: either nothing of the
    person is left in any table, or nothing happened. The files go afterwards
    (`delete_files`), since no rollback brings a file back.
    """
    files: list[StoredFile] = []
    for data in reversed(registered()):
        if data.settle is not None:
            data.settle(person_id, now)
        for holding in data.holdings:
            if not holding.files_kept:
                files += holding.stored(person_id)
        for holding in data.holdings:
            _empty(holding, person_id, now)
    return list(dict.fromkeys(files))


def delete_files(files: list[StoredFile]) -> None:
    """Delete *files* from their storages; one that is gone already is no matter."""
    for item in files:
        storages[item.storage].delete(item.name)


def _empty(holding: Holding, person_id: UUID, now: datetime) -> None:
    rows = holding.rows(person_id)
    if holding.deleted:
        rows.delete()
    elif holding.emptied:
        values: dict[str, Any] = dict(holding.emptied)
        if issubclass(holding.table, VersionedModel):
            values |= {"version": F("version") + 1, "updated_at": now}
        rows.update(**values)


def _planned(holding: Holding, person_id: UUID, rows: int) -> Planned:
    deed = "delete" if holding.deleted else "empty" if holding.emptied else "keep"
    return Planned(
        model=holding.model,
        role=holding.person,
        deed=deed,
        rows=rows,
        files=0 if holding.files_kept else len(holding.stored(person_id)),
        columns=tuple(holding.emptied),
        kept=holding.kept,
    )
