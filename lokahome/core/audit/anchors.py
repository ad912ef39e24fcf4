"""Where the head of the chain is written that no superuser of the database reaches.

``AUDIT_ANCHOR_URL`` is ``file:///path/anchor.jsonl`` (a file that is only appended to;
`chattr +a` makes that a rule) or ``s3://bucket/prefix`` (one object a seal, in a bucket
with versions or object lock, on the credentials of the process).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import transaction

from lokahome.core.audit.models import AuditSeal
from lokahome.core.clock import utc_text
from lokahome.core.db.locks import try_advisory_lock

log = structlog.get_logger(__name__)
PER_FOLDER = 1_000


class Anchor(Protocol):
    """A place that remembers heads."""

    def append(self, line: Head) -> None:
        """Write one head; raises OSError and the like when it cannot."""

    def heads(self) -> Iterator[Head]:
        """Yield every head that was written, in the order of positions."""

    def newest(self) -> Head | None:
        """Return the head written last."""

    def torn(self) -> list[str]:
        """Return what stands there and is no head, nor the beginning of one.

        A process that dies while writing leaves a beginning; the next run writes the
        same head again.
        """


@dataclass(frozen=True, slots=True)
class Head:
    """One seal, as its anchor knows it."""

    position: int
    last_entry: int
    seal: str
    at: str

    @classmethod
    def of(cls, seal: AuditSeal) -> Head:
        """Return the head that *seal* is."""
        return cls(seal.position, seal.last_entry, seal.seal, utc_text(seal.created_at))

    @classmethod
    def read(cls, text: str) -> Head:
        """Return the head in one line of JSON; raises ValueError."""
        try:
            data = json.loads(text)
            return cls(
                int(data["position"]),
                int(data["last_entry"]),
                str(data["seal"]),
                str(data["at"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no head: {text[:80]}") from error

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(
            {
                "position": self.position,
                "last_entry": self.last_entry,
                "seal": self.seal,
                "at": self.at,
            }
        )


def whole(text: str) -> Head | None:
    """Return the head in *text*, None for a line that a crash tore."""
    try:
        return Head.read(text)
    except ValueError:
        return None


class FileAnchor:
    """A file that is appended to and flushed to the disk at each head."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, line: Head) -> None:
        """See `Anchor`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        handle = os.open(self._path, flags, 0o640)
        text = line.line() + "\n"
        if not self._ends_whole():
            text = "\n" + text  # a line that a crash tore stays alone
        try:
            os.write(handle, text.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def heads(self) -> Iterator[Head]:
        """See `Anchor`."""
        try:
            with self._path.open(encoding="utf-8") as lines:
                for text in lines:
                    if text.strip() and (head := whole(text)) is not None:
                        yield head
        except FileNotFoundError:
            return

    def torn(self) -> list[str]:
        """See `Anchor`."""
        try:
            with self._path.open(encoding="utf-8", errors="replace") as lines:
                texts = [text.strip() for text in lines if text.strip()]
        except FileNotFoundError:
            return []
        torn = [text for text in texts if whole(text) is None]
        again = [text for text in texts if whole(text) is not None] if torn else []
        return [
            text[:80]
            for text in torn
            if not any(line.startswith(text) for line in again)
        ]

    def newest(self) -> Head | None:
        """See `Anchor`; reads the end of the file alone."""
        heads = map(whole, reversed(self._end().splitlines()))
        return next((head for head in heads if head is not None), None)

    def _ends_whole(self) -> bool:
        end = self._end()
        return not end or end.endswith("\n")

    def _end(self) -> str:
        try:
            with self._path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(file.tell() - 4_096, 0))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""


class BucketAnchor:
    """One object a head, a thousand to a folder; names sort by position."""

    def __init__(self, bucket: str, prefix: str) -> None:
        from storages.backends.s3 import S3Storage

        self._storage = S3Storage(
            bucket_name=bucket, location=prefix, file_overwrite=False
        )

    def append(self, line: Head) -> None:
        """See `Anchor`."""
        folder = f"{line.position // PER_FOLDER:012d}"
        name = f"{folder}/{line.position:015d}.json"
        self._storage.save(name, ContentFile(line.line().encode()))

    def heads(self) -> Iterator[Head]:
        """See `Anchor`."""
        for folder in sorted(self._storage.listdir("")[0]):
            for name in sorted(self._storage.listdir(folder)[1]):
                yield self._read(f"{folder}/{name}")

    def newest(self) -> Head | None:
        """See `Anchor`; lists the folders and one of them, not a year of heads."""
        folders, _names = self._storage.listdir("")
        if not folders:
            return None
        folder = max(folders)
        return self._read(f"{folder}/{max(self._storage.listdir(folder)[1])}")

    def torn(self) -> list[str]:
        """See `Anchor`: an object is there whole or not at all."""
        return []

    def _read(self, name: str) -> Head:
        with self._storage.open(name) as file:
            return Head.read(file.read().decode())


def anchor() -> Anchor | None:
    """Return the anchor that the settings name; None for none.

    Raises ImproperlyConfigured for an address of another kind.
    """
    parts = urlsplit(settings.AUDIT_ANCHOR_URL)
    if not parts.scheme:
        return None
    if parts.scheme == "file":
        return FileAnchor(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        return BucketAnchor(parts.netloc, parts.path.strip("/"))
    raise ImproperlyConfigured("AUDIT_ANCHOR_URL is neither file:// nor s3://")


@transaction.atomic
def drop_anchors() -> int:
    """Write the heads that the anchor lacks, oldest first; return how many.

    Also to the log, which leaves the machine by another way. A process that died
    between sealing and this is made good by the next run. Returns 0 while another
    process is at it: the transaction holds a lock and nothing else.
    """
    if not try_advisory_lock("audit.anchor"):
        return 0
    place = anchor()
    newest = place.newest() if place else None
    rows = AuditSeal.objects.order_by("position")
    if place is None:
        rows = rows.order_by("-position")[:1]
    elif newest is not None:
        rows = rows.filter(position__gt=newest.position)
    written = 0
    for seal in rows:
        head = Head.of(seal)
        log.info("audit sealed", position=head.position, seal=head.seal)
        if place is not None:
            place.append(head)
            written += 1
    return written
