"""How long things are kept: a table of rules, run every night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import models

log = structlog.get_logger(__name__)
OWN_JOB = "core.retain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """One rule: *what* is kept for *kept*, *why*, and what puts an end to it.

    *due* returns the rows that have had their time; they are deleted, unless *forget*
    ends them in another way and returns how many. Safe to run twice, and at once. *job*
    is the periodic task that does it.
    """

    name: str
    what: str
    kept: timedelta
    why: str
    due: Callable[[datetime], models.QuerySet[Any]]
    forget: Callable[[datetime], int] | None = None
    job: str = OWN_JOB

    def run(self, now: datetime) -> int:
        """End what has had its time; return how much that was."""
        if self.forget is not None:
            return self.forget(now)
        return self.due(now).delete()[0]


_registered: dict[str, Retention] = {}


def register_retention(rule: Retention) -> None:
    """Add a rule; said again, it replaces what was said."""
    _registered[rule.name] = rule


def retentions() -> list[Retention]:
    """Return the rules by name."""
    return [_registered[name] for name in sorted(_registered)]


def run_retention(*, now: datetime, job: str = OWN_JOB) -> dict[str, int]:
    """Apply the rules of *job*; return how much each one ended.

    A rule that fails is logged and holds up no other; it runs again the next night.
    """
    done: dict[str, int] = {}
    for rule in retentions():
        if rule.job != job:
            continue
        try:
            done[rule.name] = rule.run(now)
        except Exception:
            log.exception("a retention rule failed", rule=rule.name)
    return done
