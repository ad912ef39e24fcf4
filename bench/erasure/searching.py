"""Looking for words everywhere a platform could have kept them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql

from deploy.throwaway.platform import Platform


@dataclass(frozen=True, slots=True)
class Places:
    """Where a canary was found."""

    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    redis: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()

    @property
    def anywhere(self) -> bool:
        """Whether it was found at all."""
        return bool(self.tables or self.files or self.redis or self.logs)

    def __str__(self) -> str:
        return ", ".join((*self.tables, *self.files, *self.redis, *self.logs))


def look(here: Platform, canaries: dict[str, str]) -> dict[str, Places]:
    """Return where each of *canaries* is, as text or as the hexadecimal of bytes."""
    tables = list(_rows(here))
    files = list(_files(here.home / "media", here.home / "private"))
    keys = list(_redis(here))
    logs = list(_files(here.home / "log"))
    return {
        name: Places(
            _found(canary, tables),
            _found(canary, files),
            _found(canary, keys),
            _found(canary, logs),
        )
        for name, canary in canaries.items()
    }


Piece = tuple[str, bytes]


def _found(canary: str, pieces: Iterable[Piece]) -> tuple[str, ...]:
    text = canary.encode()
    hexed = text.hex().encode()
    return tuple(
        sorted({name for name, body in pieces if text in body or hexed in body})
    )


def _rows(here: Platform) -> Iterable[Piece]:
    """Yield each table with all of its rows as text, bytes in hexadecimal."""
    with psycopg.connect(_libpq(here.env["DATABASE_OWNER_URL"])) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'spatial_ref_sys'"
        ).fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT string_agg(t::text, E'\\n') FROM {} t")
            row = connection.execute(query.format(sql.Identifier(name))).fetchone()
            yield name, (row[0] or "").encode() if row else b""


def _libpq(url: str) -> str:
    """Return *url* without the driver that only Django reads."""
    scheme, _colon, rest = url.partition("://")
    return f"postgresql://{rest}" if scheme != "postgresql" else url


def _files(*folders: Path) -> Iterable[Piece]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = f"{folder.name}/{path.relative_to(folder).parts[0]}"
                yield name, path.read_bytes()


def _redis(here: Platform) -> Iterable[Piece]:
    """Yield every key of Redis with all that it holds; a dump would be compressed."""
    server = redis.Redis.from_url(here.env["REDIS_URL"])
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": server.get,
        b"list": lambda key: server.lrange(key, 0, -1),
        b"set": server.smembers,
        b"hash": server.hgetall,
        b"zset": lambda key: server.zrange(key, 0, -1),
        b"stream": server.xrange,
    }
    for key in server.scan_iter(count=1000):
        kind: Any = server.type(key)
        value = read[kind](key)
        held = value if isinstance(value, bytes) else repr(value).encode()
        yield f"redis:{key.decode(errors='replace')}", key + b"=" + held
