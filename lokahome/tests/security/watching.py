"""Whether anything changed: every table of ours, told apart to the last byte, at once.

PostgreSQL counts the rows that the open transaction inserts, updates and deletes in each
table, what was rolled back included. A table whose counters stood still did not change;
only the others are read and compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from psycopg import sql

COUNTERS = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_xact_user_tables WHERE schemaname = 'public'
"""
Counts = dict[str, int]


def savepoint() -> transaction.Atomic:
    """Return a block that services may run in which insist on being the outermost.

    Marked as Django marks the blocks of its own TestCase.
    """
    block = transaction.atomic()
    block._from_testcase = True
    return block


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Undo in the end what the block wrote, however it ended."""
    with savepoint():
        yield
        transaction.set_rollback(True)


def written_so_far() -> Counts:
    """Return how many rows of each table this transaction wrote, kept or not."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTERS)
        return dict(cursor.fetchall())


def touched_since(before: Counts) -> set[str]:
    """Return the tables that were written to since *before*."""
    now = written_so_far()
    return {table for table, count in now.items() if count != before.get(table, 0)}


def digests(tables: Iterable[str]) -> dict[str, str]:
    """Return a digest of every row of each of *tables*."""
    query = sql.SQL(
        "SELECT md5(coalesce(string_agg(row::text, E'\\n' ORDER BY row::text), ''))"
        " FROM {} AS row"
    )
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(query.format(sql.Identifier(table)))
            found[table] = cursor.fetchone()[0]
    return found


class Watch:
    """What the tables held when the world was made, read when it is first asked for."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def keep(self, tables: Iterable[str]) -> None:
        """Read those of *tables* that were not read yet; call it on the world as made."""
        self.known |= digests(set(tables) - self.known.keys())

    def differing(self, seen: dict[str, str]) -> set[str]:
        """Return the tables whose digests *seen* are not the world's."""
        return {table for table, digest in seen.items() if self.known[table] != digest}
