"""Words that can be found again, by the place in which they are planted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from accounts import models as people


@dataclass(slots=True)
class Planted:
    """The canaries by name: what a copy shows, what must go, what stays and says so."""

    person: people.User
    other: people.User
    now: datetime
    shown: dict[str, str] = field(default_factory=dict)
    """In the copy, and nowhere after the erasure."""
    inner: dict[str, str] = field(default_factory=dict)
    """Not in the copy (drafts of storage, others' mail), and nowhere afterwards."""
    documented: dict[str, str] = field(default_factory=dict)
    """In the copy, and kept for a reason that docs/privacy.md gives."""

    def new(self, name: str, where: dict[str, str] | None = None) -> str:
        """Return a new canary called *name*."""
        canary = f"canari-{name}-{secrets.token_hex(6)}"
        (self.shown if where is None else where)[name] = canary
        return canary

    def number(self, name: str) -> str:
        """Return a new number of MTN as a canary."""
        self.shown[name] = f"+229019{secrets.randbelow(10**7):07d}"
        return self.shown[name]

    def file(self, name: str, where: dict[str, str] | None = None) -> bytes:
        """Return the bytes of a file with a canary in it."""
        return b"\xff\xd8\xff" + self.new(name, where).encode()
