"""Names of people as those read them who need not know who it is."""

from __future__ import annotations


def initials(name: str) -> str:
    """Return the first letter of each word of *name* (``A. K.``); nothing of nothing."""
    return " ".join(f"{part[0].upper()}." for part in name.split())
