"""Statements that must always hold, each a SQL query that finds what breaks it.

The app that owns the rows registers the statement; `manage.py check_invariants`, the
periodic job and the tests of money run them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from lokahome.core import clock
from lokahome.core.audit.anchors import anchor
from lokahome.core.audit.verifying import verify

INVARIANTS: dict[str, Invariant] = {}
SHOWN = 20
NEWEST_SEALS = 500
"""About three hours of a busy platform; the daily job reads all of them."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim, and the query whose rows would refute it (first column: what).

    Where a query cannot tell (a signature), *find* returns the rows instead.
    """

    name: str
    claim: str
    sql: str = ""
    find: Callable[[], Iterable[tuple[object, ...]]] | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that refutes a claim."""

    invariant: str
    row: tuple[object, ...]


def invariant(
    name: str,
    claim: str,
    sql: str = "",
    *,
    find: Callable[[], Iterable[tuple[object, ...]]] | None = None,
) -> None:
    """Register the claim *name*; *sql*, or *find*, returns no row while it holds."""
    made = Invariant(name, claim, sql, find)
    if INVARIANTS.get(name, made) != made:
        raise TypeError(f"two invariants are called {name}")
    INVARIANTS[name] = made


def check_invariants(names: list[str] | None = None) -> list[Violation]:
    """Run the invariants called *names* (default: all); return what breaks them.

    At most SHOWN rows of each are returned. Raises KeyError for an unknown name.
    """
    violations = []
    for name in names or sorted(INVARIANTS):
        if find := INVARIANTS[name].find:
            violations += [Violation(name, row) for row in islice(find(), SHOWN)]
            continue
        with connection.cursor() as cursor:
            text = INVARIANTS[name].sql  # written in our code, never by a person
            # No word of it comes from outside.
            cursor.execute(f"SELECT * FROM ({text}) v LIMIT {SHOWN}")  # noqa: S608
            violations += [Violation(name, tuple(row)) for row in cursor.fetchall()]
    return violations


invariant(
    "outbox.deliveries_move",
    "every waiting delivery has a time at which it is due, or a lease",
    """SELECT id::text FROM core_delivery WHERE status = 'waiting'
       AND available_at > now() + interval '1 day' AND lease_until IS NULL""",
)


def _audit_findings() -> Iterable[tuple[object, ...]]:
    found = verify(now=clock.now(), place=anchor(), newest_seals=NEWEST_SEALS)
    return ((str(finding),) for finding in found)


invariant(
    "audit.chain_holds",
    "the audit log is what was sealed, and its head is anchored",
    find=_audit_findings,
)
