"""What can be reported: each app registers its nouns at start-up, in ``apps.ready``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User

Finder = Callable[[User, UUID], dict[str, Any] | None]
"""Given who reports and an id: the evidence (ids, amounts, states; never a name, a phone
or a text), or None for what does not exist or what that person may not see."""


@dataclass(frozen=True, slots=True)
class Reportable:
    """One noun that can be reported, how it is found, and what its cases are called."""

    noun: str
    find: Finder
    title: str

    @property
    def case_kind(self) -> str:
        """The kind of the cases that reports of it open."""
        return f"{self.noun}_report"


REPORTABLES: dict[str, Reportable] = {}


def register_reportable(
    noun: str, find: Finder, *, title: str = "Contenu signalé"
) -> None:
    """Let people report things called *noun*: subjects ``"<noun>:<uuid>"``.

    *title* heads the cases, in French, for staff. Raises TypeError for a noun that
    another function finds already.
    """
    known = REPORTABLES.setdefault(noun, Reportable(noun, find, title))
    if known.find is not find:
        raise TypeError(f"two apps let people report a {noun}")
