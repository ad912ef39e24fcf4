"""Moving every ciphertext to the key in use, a batch at a time, beside living traffic.

Nothing is remembered between runs: what is left to do is what does not begin with the
key in use. A value is replaced only where it is still the one that was read, so a write
in between wins; killed half-way, the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from lokahome.core.crypto.encrypting import (
    CryptoError,
    current_key_id,
    encrypt_anew,
)
from lokahome.core.crypto.fields import EncryptedTextField

PASSES = 3
"""Rows written under the old key behind the first pass are met by the next."""


class Ciphertexts(Protocol):
    """A place that holds ciphertexts under some key."""

    @property
    def name(self) -> str:
        """What the command prints."""

    def stale(self, *, after: Any, limit: int) -> list[tuple[Any, str]]:
        """Return (key, ciphertext) of rows not under the key in use, by key, past *after*."""

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        """Put *new* where *old* still is, and say whether it was there."""

    def anew(self, ciphertext: str) -> str:
        """Return the same text under the key in use; raises CryptoError."""


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """The column of an EncryptedTextField; read and written past the field itself."""

    field: EncryptedTextField

    @property
    def name(self) -> str:
        """``app.Model.field``."""
        return str(self.field)

    @property
    def _rows(self) -> models.QuerySet[models.Model]:
        # Through a cast, the stored text comes and goes as it is.
        stored = Cast(self.field.name, models.TextField())
        return self.field.model._base_manager.annotate(stored=stored)

    def stale(self, *, after: Any, limit: int) -> list[tuple[Any, str]]:
        """See `Ciphertexts`."""
        rows = self._rows.filter(stored__gt="").order_by("pk")
        rows = rows.exclude(stored__startswith=f"v{current_key_id()}:")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        return list(rows.values_list("pk", "stored")[:limit])

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        """See `Ciphertexts`. No version is counted up: nobody edited anything."""
        stored = models.Value(new, output_field=models.TextField())
        rows = self._rows.filter(pk=key, stored=old)
        return bool(rows.update(**{self.field.name: stored}))

    def anew(self, ciphertext: str) -> str:
        """See `Ciphertexts`."""
        return encrypt_anew(ciphertext, purpose=self.field.purpose)


_OTHERS: dict[str, Callable[[], Ciphertexts]] = {}


def register_ciphertexts(name: str, make: Callable[[], Ciphertexts]) -> None:
    """Let rotation take in a place that is no EncryptedTextField; call it in ``ready``."""
    _OTHERS[name] = make


def encrypted_columns() -> list[EncryptedTextField]:
    """Return every encrypted field of the installed models."""
    return [
        field
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def all_ciphertexts() -> Iterator[Ciphertexts]:
    """Yield every place that holds ciphertexts: columns first, then what registered."""
    for field in encrypted_columns():
        yield EncryptedColumn(field)
    for make in _OTHERS.values():
        yield make()


@dataclass(slots=True)
class Rotation:
    """What a run did in one place."""

    name: str
    moved: int = 0
    changed_meanwhile: int = 0
    unreadable: int = 0
    is_whole: bool = False
    """Whether nothing is left under another key."""


def rotate(place: Ciphertexts, *, batch: int = 500) -> Rotation:
    """Move the ciphertexts of *place* to the key in use, and say what was done.

    Each batch is one transaction. What cannot be read stays as it is and is counted.
    """
    result = Rotation(place.name)
    for _pass in range(PASSES):
        before = result.moved
        result.unreadable = 0
        after: Any = None
        while rows := _rotate_batch(place, result, after=after, limit=batch):
            after = rows[-1][0]
        result.is_whole = not place.stale(after=None, limit=1)
        if result.is_whole or result.moved == before:
            break
    return result


@transaction.atomic
def _rotate_batch(
    place: Ciphertexts, result: Rotation, *, after: Any, limit: int
) -> list[tuple[Any, str]]:
    rows = place.stale(after=after, limit=limit)
    moved = changed = unreadable = 0
    for key, old in rows:
        try:
            new = place.anew(old)
        except CryptoError:
            unreadable += 1
            continue
        if place.replace(key, old=old, new=new):
            moved += 1
        else:
            changed += 1
    result.moved += moved
    result.changed_meanwhile += changed
    result.unreadable += unreadable
    return rows
