"""Whether servers a person named are fit for LOKAHOME; runs in the venv.

``python -m deploy.local.existing [--testing]`` ends non-zero with the exact SQL
that a database administrator has to run.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from deploy.local.cluster import EXTENSIONS, ROLE_SQL
from deploy.local.packages import MIN_POSTGRES


@dataclass
class Facts:
    """What was found on the database server, before judging it."""

    database: str
    app: str
    owner: str
    version: int = MIN_POSTGRES
    extensions: set[str] = field(default_factory=set)
    template_extensions: set[str] = field(default_factory=set)
    app_is_superuser: bool = False
    app_may_create: bool = False
    app_is_in_owner: bool = False
    owner_may_create_schema_objects: bool = True
    owner_may_create_databases: bool = True
    owner_is_superuser: bool = False
    same_database: bool = True


def libpq_url(url: str) -> str:
    """The address as libpq knows it: Django's ``postgis://`` is only an engine."""
    scheme, mark, rest = url.partition("://")
    return f"postgres{mark}{rest}" if scheme in {"postgis", "postgresql"} else url


def database_of(url: str) -> str:
    """Database name of an address."""
    return unquote(urlsplit(libpq_url(url)).path.lstrip("/"))


def user_of(url: str) -> str:
    """Role name of an address."""
    return unquote(urlsplit(libpq_url(url)).username or "")


def complaints(facts: Facts, *, testing: bool) -> list[str]:
    """One text a fault, each with the SQL that mends it; empty when all is well."""
    found: list[str] = []
    database, app, owner = facts.database, facts.app, facts.owner
    if facts.version < MIN_POSTGRES:
        found.append(
            f"The server is PostgreSQL {facts.version}; {MIN_POSTGRES} or newer is needed."
        )
    if not facts.same_database:
        found.append(
            "DATABASE_URL and DATABASE_OWNER_URL name different databases; "
            "both must name the same one."
        )
    if missing := [e for e in EXTENSIONS if e not in facts.extensions]:
        found.append(
            f"Extensions are missing in database {database}. As a superuser:\n"
            + _sql(database, [f"CREATE EXTENSION IF NOT EXISTS {e};" for e in missing])
        )
    if facts.app_is_superuser or facts.app_may_create:
        found.append(
            f"Role {app} (DATABASE_URL) may do more than the application must be "
            "able to. As a superuser:\n"
            + _sql(
                database,
                [
                    f"ALTER ROLE {app} NOSUPERUSER NOCREATEDB NOCREATEROLE;",
                    f"REVOKE CREATE ON DATABASE {database} FROM {app}, PUBLIC;",
                    f"REVOKE CREATE ON SCHEMA public FROM {app}, PUBLIC;",
                ],
            )
        )
    if app == owner or facts.app_is_in_owner:
        found.append(
            "DATABASE_URL and DATABASE_OWNER_URL must be two roles, the first not a "
            "member of the second: the application may not change the ledger. "
            "As a superuser:\n"
            + _sql(database, [*_new_role(app, owner), *_settings(app)])
        )
    if not facts.owner_may_create_schema_objects:
        found.append(
            f"Role {owner} (DATABASE_OWNER_URL) cannot create tables. As a superuser:\n"
            + _sql(database, [f"ALTER DATABASE {database} OWNER TO {owner};"])
        )
    if testing and not facts.owner_is_superuser:
        if not facts.owner_may_create_databases:
            found.append(
                f"Tests make databases of their own, which role {owner} may not. "
                "As a superuser:\n" + _sql(database, [f"ALTER ROLE {owner} CREATEDB;"])
            )
        if "postgis" not in facts.template_extensions:
            found.append(
                "Test databases are made from template1, which has no PostGIS, and "
                f"role {owner} may not create it. As a superuser:\n"
                + _sql("template1", ["CREATE EXTENSION IF NOT EXISTS postgis;"])
            )
    return found


def refused(name: str, url: str, reason: str) -> str:
    """What to say when an address does not let us in, with the SQL for new roles."""
    user, database = user_of(url) or "lokahome_app", database_of(url) or "lokahome"
    if name == "DATABASE_OWNER_URL":
        lines = [
            f"CREATE ROLE {user} LOGIN CREATEDB PASSWORD '...';",
            f"CREATE DATABASE {database} OWNER {user};",
        ]
    else:
        lines = [f"CREATE ROLE {user} LOGIN PASSWORD '...';", *_settings(user)]
    return (
        f"{name}: no connection as role {user} to database {database}: {reason}\n"
        "If the role or the database does not exist, as a superuser:\n"
        + _sql("postgres", lines)
    )


def _new_role(app: str, owner: str) -> list[str]:
    if app == owner:
        return ["CREATE ROLE lokahome_app LOGIN PASSWORD '...';"]
    return [f"REVOKE {owner} FROM {app};"]


def _settings(app: str) -> list[str]:
    mine = [line for line in ROLE_SQL.splitlines() if "lokahome_app SET" in line]
    name = app if app != "lokahome_owner" else "lokahome_app"
    return [line.replace("lokahome_app", name) for line in mine]


def _sql(database: str, lines: list[str]) -> str:
    return "\n".join([f"    \\connect {database}", *(f"    {line}" for line in lines)])


def _gather(app_url: str, owner_url: str) -> Facts:
    import psycopg  # only the venv has it

    names = {"DATABASE_OWNER_URL": owner_url, "DATABASE_URL": app_url}
    for name, url in names.items():
        try:
            psycopg.connect(libpq_url(url), connect_timeout=5).close()
        except psycopg.Error as error:
            raise SystemExit(refused(name, url, str(error).strip())) from None
    facts = Facts(database_of(app_url), user_of(app_url), user_of(owner_url))
    with psycopg.connect(libpq_url(app_url), autocommit=True) as line:
        facts.version = line.info.server_version // 10000
        row = _row(
            line,
            "SELECT rolsuper, rolcreatedb OR rolcreaterole, current_database(),"
            " has_schema_privilege('public', 'CREATE')"
            " OR has_database_privilege(current_database(), 'CREATE'),"
            " current_user FROM pg_roles WHERE rolname = current_user",
        )
        facts.app_is_superuser, facts.app = row[0], row[4]
        facts.app_may_create = row[1] or row[3]
        facts.database = row[2]
        facts.extensions = _extensions(line)
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as line:
        row = _row(
            line,
            "SELECT rolsuper, rolcreatedb, current_database(),"
            " has_schema_privilege('public', 'CREATE'), current_user,"
            " pg_has_role(%s, current_user, 'MEMBER')"
            " FROM pg_roles WHERE rolname = current_user",
            facts.app,
        )
        facts.owner_is_superuser, facts.owner_may_create_databases = row[0], row[1]
        facts.same_database = row[2] == facts.database
        facts.owner_may_create_schema_objects = row[3]
        facts.owner = row[4]
        # A superuser is a member of every role; that is said once, above.
        facts.app_is_in_owner = row[5] and not facts.app_is_superuser
    template = psycopg.conninfo.make_conninfo(libpq_url(owner_url), dbname="template1")
    try:
        with psycopg.connect(template, connect_timeout=5) as line:
            facts.template_extensions = _extensions(line)
    except psycopg.Error:
        facts.template_extensions = set()
    return facts


def _row(line: Any, query: str, *values: str) -> Any:
    return line.execute(query, values or None).fetchone()


def _extensions(line: Any) -> set[str]:
    return {name for (name,) in line.execute("SELECT extname FROM pg_extension")}


def _redis_complaint(url: str) -> list[str]:
    import redis  # only the venv has it

    try:
        redis.Redis.from_url(url, socket_timeout=5).ping()
    except (redis.RedisError, ValueError, OSError) as error:
        return [f"REDIS_URL: no answer to PING: {error}"]
    return []


def main() -> int:
    """Check the three addresses of the environment; 1 and the faults on stdout."""
    facts = _gather(os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"])
    found = complaints(facts, testing="--testing" in sys.argv)
    found += _redis_complaint(os.environ["REDIS_URL"])
    for text in found:
        print(f"* {text}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
