"""The tests' database: made and emptied by the owner, used by the application's role.

Tests must fail where production would, so their code runs with the application's rights:
no DDL, no UPDATE or DELETE on what is written once. Only set-up and clean-up are the
owner's. Each process has a database of its own, so runs do not meet.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

KEPT_TABLES = frozenset(
    {"auth_permission", "django_content_type", "django_migrations", "spatial_ref_sys"}
)
"""What `migrate` makes and Django caches in the process; nothing else outlives a test."""


def owner_connection(database: str | None = None) -> psycopg.Connection[Any]:
    """Return the owner's own connection, outside Django's, in autocommit."""
    known = connections["owner"].settings_dict
    return psycopg.connect(
        host=known["HOST"] or None,
        port=known["PORT"] or None,
        user=known["USER"] or None,
        password=known["PASSWORD"] or None,
        dbname=database or known["NAME"],
        autocommit=True,
    )


def create(*, keep: bool, suffix: str, verbosity: int) -> str:
    """Make the database as the owner and point the application's role at it.

    Returns the name of the real one, for `destroy`.
    """
    owner, application = connections["owner"], connections["default"]
    real: str = owner.settings_dict["NAME"]
    prefix = f"test_{real}_"
    drop_abandoned(prefix)
    owner.settings_dict["TEST"]["NAME"] = prefix + suffix
    owner.creation.create_test_db(
        verbosity=max(verbosity - 1, 0), autoclobber=True, serialize=False, keepdb=keep
    )
    application.settings_dict["NAME"] = owner.settings_dict["NAME"]
    # A mirror is left out of the transactions that TestCase wraps around a test: its
    # rows would stay. `default` is a database in its own right from here on.
    application.settings_dict["TEST"]["MIRROR"] = None
    return real


def destroy(real: str, *, keep: bool) -> None:
    """Drop the database that `create` made, unless it is to be *kept*."""
    for connection in connections.all():
        connection.close()
    owner = connections["owner"]
    owner.creation.destroy_test_db(real, verbosity=0, keepdb=keep)


def drop_abandoned(prefix: str) -> None:
    """Drop databases of test processes that were killed before they could."""
    with contextlib.suppress(psycopg.Error), owner_connection() as owner:
        rows = owner.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        ).fetchall()
        for (name,) in rows:
            match = re.fullmatch(r"p(\d+)", name.removeprefix(prefix))
            if match and not Path(f"/proc/{match[1]}").exists():
                # Another run may drop it at the same moment, or still be leaving it.
                with contextlib.suppress(psycopg.Error):
                    owner.execute(
                        sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
                    )


def own_suffix() -> str:
    """Return what sets this process's database apart."""
    return f"p{os.getpid()}"


def truncate() -> None:
    """Empty every table as the owner, past the triggers of what is written once.

    Only tables with rows (and what refers to them) are truncated: an empty one costs as
    much as a full one.
    """
    with owner_connection() as owner:
        # A thread that a test left behind must not make clean-up wait for ever.
        owner.execute("SET lock_timeout = '20s'")
        rows = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        tables = sorted({name for (name,) in rows} - KEPT_TABLES)
        probe = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
                sql.Literal(name), sql.Identifier(name)
            )
            for name in tables
        )
        filled = [name for (name,) in owner.execute(probe).fetchall()]
        if filled:
            owner.execute(
                sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(
                    sql.SQL(", ").join(map(sql.Identifier, filled))
                )
            )
