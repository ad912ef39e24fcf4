"""Databases that are dropped afterwards, cloned from a prepared template.

Migrating and loading the places of Benin takes much longer than cloning a database, so
one template per state of the migrations and data is kept; `manage.py prepare` runs on
the clone all the same.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local import paths

PREFIX = "lokahome_throwaway_"
TEMPLATE = "lokahome_template_"
_LOCK = 7_205_990_411
_MADE_FROM = ("*/migrations/*.py", "properties/data/**/*", "lokahome/core/db/grants.py")


def with_database(url: str, name: str) -> str:
    """Return the database *url* with another database's *name*."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return an autocommit connection for psycopg's idea of a Django database URL."""
    parts = urlsplit(url)
    plain = parts._replace(scheme="postgresql")
    return psycopg.connect(urlunsplit(plain), autocommit=True, connect_timeout=5)


def _digest() -> str:
    found = hashlib.sha256()
    for pattern in _MADE_FROM:
        for file in sorted(paths.ROOT.glob(pattern)):
            if file.is_file() and ".venv" not in file.parts:
                found.update(str(file.relative_to(paths.ROOT)).encode())
                found.update(file.read_bytes())
    return found.hexdigest()[:12]


@contextmanager
def throwaway_database(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Lend the two database URLs of a new prepared database, dropped at the end.

    *env* holds DATABASE_URL and DATABASE_OWNER_URL; the owner may create databases.
    Clones of processes that are no more are dropped first.
    """
    owner = env["DATABASE_OWNER_URL"]
    name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    urls = {
        key: with_database(env[key], name)
        for key in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    with connect(owner) as connection:
        _drop_left_behind(connection)
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        template = _template(connection, env)
        _create(connection, name, template)
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    try:
        yield urls
    finally:
        with connect(owner) as connection:
            _drop(connection, name)


def _template(
    connection: psycopg.Connection[tuple[object, ...]], env: Mapping[str, str]
) -> str:
    """Return the name of the template of this checkout's state, made when missing."""
    name = f"{TEMPLATE}{paths.DIGEST[:6]}_{_digest()}"
    names = _names(connection)
    if name in names:
        return name
    for old in names:
        if old.startswith(f"{TEMPLATE}{paths.DIGEST[:6]}_"):
            _drop(connection, old)
    draft = f"{PREFIX}{os.getpid()}_template"
    _drop(connection, draft)
    _create(connection, draft, "template1")
    prepare(
        {
            **env,
            "DATABASE_URL": with_database(env["DATABASE_URL"], draft),
            "DATABASE_OWNER_URL": with_database(env["DATABASE_OWNER_URL"], draft),
        }
    )
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(statement.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def prepare(env: Mapping[str, str]) -> None:
    """Run `manage.py prepare --demo`; raises RuntimeError with its output."""
    done = subprocess.run(
        [str(paths.VENV_PYTHON), "manage.py", "prepare", "--demo"],
        cwd=paths.ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"manage.py prepare failed:\n{done.stdout[-4000:]}")


def _names(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return [str(row[0]) for row in rows]


def _drop_left_behind(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for name in _names(connection):
        match = re.match(rf"{PREFIX}(\d+)_", name)
        # A file of the kernel: a text names it best.
        if match and not os.path.exists(f"/proc/{match[1]}"):  # noqa: PTH110
            _drop(connection, name)


def _create(
    connection: psycopg.Connection[tuple[object, ...]], name: str, template: str
) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Drop the database *name* and end whoever is in it.

    FORCE is refused while a worker of the server's own is at work there, autovacuum: it
    is a superuser's. Without FORCE the server ends that one itself, and waits for it.
    """
    forced = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    unforced = sql.SQL("DROP DATABASE IF EXISTS {}")
    try:
        connection.execute(forced.format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        with suppress(psycopg.errors.ObjectInUse):  # by somebody of ours as well
            connection.execute(unforced.format(sql.Identifier(name)))
        connection.execute(forced.format(sql.Identifier(name)))
