"""A person's copy: every row in which they stand, as plain values, and their files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.contrib.gis.geos import GEOSGeometry
from django.core.files.storage import storages
from django.db import models

from lokahome.core.clock import utc_text
from lokahome.core.privacy.holdings import Holding, holdings

log = structlog.get_logger(__name__)


def copy_of(person_id: UUID) -> dict[str, dict[str, Any]]:
    """Return all that is held of the person.

    ``{"accounts.phone": {"title": "…", "rows": [{"number": "+229…", …}]}}``: a section a
    table, a row once however the person stands in it, plain JSON values, moments in UTC.
    """
    sections: dict[str, dict[str, Any]] = {}
    seen: set[tuple[str, Any]] = set()
    for holding in holdings():
        table = holding.table
        name = table._meta.label_lower
        columns = shown_columns(holding)
        for row in holding.rows(person_id).order_by("pk").iterator(500):
            if (name, row.pk) in seen:
                continue
            seen.add((name, row.pk))
            title = str(table._meta.verbose_name_plural)
            section = sections.setdefault(name, {"title": title, "rows": []})
            section["rows"].append(
                {column: plain(getattr(row, column)) for column in columns}
            )
    return sections


def files_of(person_id: UUID) -> Iterator[tuple[str, bytes]]:
    """Yield the person's files: a path for the archive, and the bytes.

    A file that storage lost, or that cannot be drawn anew, is left out and logged: one
    damaged photo must not cost somebody their whole copy.
    """
    taken: set[str] = set()
    for holding in holdings():
        if not holding.files_copied:
            continue
        folder = holding.table._meta.label_lower.replace(".", "/")
        for stored in holding.stored(person_id):
            path = f"{folder}/{stored.name.rpartition('/')[2]}"
            if path in taken:
                continue
            taken.add(path)
            try:
                with storages[stored.storage].open(stored.name) as source:
                    content: bytes = source.read()
                if holding.redraw is not None:
                    content, path = holding.redraw(content), f"{path}.jpg"
            except Exception as error:
                log.warning(
                    "a file is missing in a copy",
                    table=holding.model,
                    error=type(error).__name__,
                )
                continue
            yield path, content


def shown_columns(holding: Holding) -> list[str]:
    """Return the names of the columns that a copy shows, in the table's order."""
    return [
        column.attname
        for column in holding.table._meta.concrete_fields
        if not isinstance(column, models.GeneratedField)
        and column.attname not in holding.hidden
        and column.name not in holding.hidden
    ]


def plain(value: Any) -> Any:
    """Return *value* as JSON has it: moments in UTC, points as WKT, bytes as text."""
    match value:
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case GEOSGeometry():
            return value.wkt
        case bytes() | memoryview():
            raw = bytes(value)
            try:
                return raw.decode()
            except UnicodeDecodeError:
                return base64.b64encode(raw).decode()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value
