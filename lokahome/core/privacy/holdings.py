"""The register of personal data: how a person stands in each table, said by its app.

Each app says it in ``services/privacy.py``, which is imported in every process. The copy
that a person gets and the emptying that a person asks for are both done from here, so a
column cannot be in one and be forgotten by the other; `lokahome.core.privacy.walking`
finds the tables and columns that nobody spoke of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

EVERYTHING = "*"
"""In `Holding.keeps`: all columns stay."""
NOTHING_SAID = "—"
"""What stands where a constraint wants words and those that stood there are gone."""


class StoredFile(NamedTuple):
    """A file by its storage's name in the settings and its own name in there."""

    storage: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One way in which a person stands in the rows of one table.

    *person* is the look-up that ends at their id, written as *written* where a column
    holds text ("user:{}"); *only* narrows the rows. A copy shows
    all columns but *hidden* (digests, secrets, staff). On erasure the rows are
    *deleted*, or their columns *emptied*; what stays says why in *kept*, and *keeps*
    names the columns of words that stay with it. *files* names what storage holds for a
    row, which are *files_copied* and not *files_kept* unless said otherwise; *redraw*
    makes of such a file what may leave the house.
    """

    model: str
    person: str
    written: str = ""
    only: Q = field(default_factory=Q)
    hidden: tuple[str, ...] = ()
    deleted: bool = False
    emptied: Mapping[str, Any] = field(default_factory=dict)
    kept: str = ""
    keeps: tuple[str, ...] = ()
    files: Callable[[Any], Iterable[StoredFile]] | None = None
    files_kept: bool = False
    files_copied: bool = True
    redraw: Callable[[bytes], bytes] | None = None

    def __post_init__(self) -> None:
        if not self.deleted and not self.kept:
            raise ValueError(f"{self.model}: why do the rows stay?")

    @property
    def table(self) -> type[models.Model]:
        """The model class."""
        return apps.get_model(self.model)

    def rows(self, person_id: UUID) -> models.QuerySet[Any]:
        """Return the rows in which the person stands in this way."""
        sought: Any = person_id
        if self.written:
            sought = self.written.format(person_id)
        elif self.person.endswith("__contains"):
            sought = [person_id]
        return self.table._base_manager.filter(self.only, Q(**{self.person: sought}))

    def stored(self, person_id: UUID) -> list[StoredFile]:
        """Return the files of those rows."""
        if self.files is None:
            return []
        return [item for row in self.rows(person_id) for item in self.files(row)]


Deed = Callable[[UUID, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """What one app holds of people.

    *settle* runs before its rows are emptied, in the same transaction: it ends what
    must not go on without its person, by the app's own services.
    """

    app: str
    holdings: tuple[Holding, ...]
    settle: Deed | None = None


_registered: dict[str, PersonalData] = {}


def register(data: PersonalData) -> PersonalData:
    """Add what an app holds, and return it; said again, it replaces what was said."""
    _registered[data.app] = data
    return data


def registered() -> list[PersonalData]:
    """Return what each app holds, the ground first, the roof last."""
    order = [config.label for config in apps.get_app_configs()]
    return sorted(_registered.values(), key=lambda data: order.index(data.app))


def holdings() -> list[Holding]:
    """Return every holding of every app."""
    return [item for data in registered() for item in data.holdings]


def named(storage: str, column: str) -> Callable[[Any], list[StoredFile]]:
    """Return what reads the one file that *column* names in *storage*, if it does."""

    def read(row: Any) -> list[StoredFile]:
        name = getattr(row, column)
        return [StoredFile(storage, name)] if name else []

    return read


def pictures(column: str) -> Callable[[Any], list[StoredFile]]:
    """Return what reads the variants of a photo (`lokahome.core.files.pictures`)."""

    def read(row: Any) -> list[StoredFile]:
        return [StoredFile("default", item["key"]) for item in getattr(row, column)]

    return read
