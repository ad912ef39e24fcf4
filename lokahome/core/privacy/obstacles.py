"""What stands in the way of an erasure: a lease that runs, money that is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that has to end first; *title* says it to the person."""

    code: str
    title: str | Promise
    stands: Callable[[UUID], bool]


_registered: dict[str, Obstacle] = {}


def register_obstacle(
    code: str, title: str | Promise, stands: Callable[[UUID], bool]
) -> None:
    """Let *stands* (person's id -> bool) hold erasures up under *code*."""
    _registered[code] = Obstacle(code, title, stands)


def obstacles_of(person_id: UUID) -> list[str]:
    """Return the codes of what stands in the way of erasing the person now."""
    return [item.code for item in _registered.values() if item.stands(person_id)]


def obstacle_title(code: str) -> str:
    """Return what *code* means, in the reader's language."""
    item = _registered.get(code)
    return str(item.title) if item else code
