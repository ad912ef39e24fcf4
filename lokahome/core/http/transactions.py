"""Refuse to talk to the outside while a database transaction is open."""

import sys

from lokahome.core.http.errors import CalledInsideTransaction


def refuse_inside_transaction() -> None:
    """Raise `CalledInsideTransaction` if any database connection has a transaction open.

    The transaction that Django's `TestCase` (and so pytest-django's `db` fixture) wraps
    around a test does not count: Django marks those blocks ``_from_testcase`` for its
    own durability check (`django.db.transaction.Atomic.__enter__`) and we read the
    same mark, so one more `atomic` inside a test is still caught.
    A program without Django settings (or with no connection yet) has no transaction.
    """
    # Looked up, not imported: what has not been imported cannot have a transaction,
    # and the client stays usable by scripts that run without Django settings.
    database = sys.modules.get("django.db")
    # Settings nobody has read yet cannot have opened a connection either.
    if database is None or not sys.modules["django.conf"].settings.configured:
        return
    for connection in database.connections.all(initialized_only=True):
        if connection.in_atomic_block:
            blocks = connection.atomic_blocks
            inside = any(not block._from_testcase for block in blocks)
        else:
            inside = connection.connection is not None and not connection.autocommit
        if inside:
            raise CalledInsideTransaction(
                f"outgoing call while a transaction is open on {connection.alias!r}: "
                "commit first, call, then open a new one"
            )
