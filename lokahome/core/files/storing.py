"""Keeping files: what is stored under a name is whole, whatever crashed before."""

from __future__ import annotations

from typing import NoReturn

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages


class PrivateDisk(FileSystemStorage):
    """A directory that no address leads to; Django's own falls back on MEDIA_URL."""

    def url(self, name: str | None) -> NoReturn:
        """Raise ValueError, always."""
        raise ValueError("This file is not accessible via a URL.")


def keep_private(name: str, content: bytes) -> str:
    """Store *content* privately as *name*; return the name that holds it.

    Called again it finds what it stored. A file that a crash cut short is left alone,
    and the content is stored beside it, under the name that is returned.
    """
    storage = storages["private"]
    if storage.exists(name):
        with storage.open(name) as stored:
            if stored.read() == content:
                return name
    kept: str = storage.save(name, ContentFile(content))
    return kept
