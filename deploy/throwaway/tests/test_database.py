"""Names of databases, and what a throw-away platform leaves behind."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import sql

from deploy.local import envfile
from deploy.throwaway import database
from deploy.throwaway.database import PREFIX, connect, throwaway_database, with_database


def test_only_the_name_of_the_database_changes():
    url = "postgres://app:secret@127.0.0.1:5490/lokahome?sslmode=disable"
    assert with_database(url, "other") == (
        "postgres://app:secret@127.0.0.1:5490/other?sslmode=disable"
    )


def test_a_throwaway_database_is_prepared_and_then_gone():
    env = envfile.merged()
    with throwaway_database(env) as urls:
        name = urls["DATABASE_URL"].rpartition("/")[2]
        assert name.startswith(PREFIX)
        with connect(urls["DATABASE_URL"]) as connection:
            landmarks = connection.execute(
                "SELECT count(*) FROM properties_landmark"
            ).fetchone()
            assert landmarks is not None
            assert landmarks[0] > 3000
    with connect(env["DATABASE_OWNER_URL"]) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        assert connection.execute(query, [name]).fetchone() is None


class Vacuumed:
    """A connection whose server vacuums the database that is to be dropped."""

    def __init__(self, connection, *, times):
        self.connection, self.times, self.said = connection, times, []

    def execute(self, statement):
        text = statement.as_string(self.connection)
        self.said.append("FORCE" in text)
        if "FORCE" in text and self.times:
            self.times -= 1
            raise psycopg.errors.InsufficientPrivilege("autovacuum")
        return self.connection.execute(statement)


@pytest.mark.parametrize(("times", "said"), [(0, [True]), (1, [True, False, True])])
def test_a_database_goes_although_the_server_vacuums_it(times, said):
    owner = envfile.merged()["DATABASE_OWNER_URL"]
    name = f"{PREFIX}{os.getpid()}_vacuumed{times}"
    with connect(owner) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        vacuumed = Vacuumed(connection, times=times)
        database._drop(vacuumed, name)
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        assert connection.execute(query, [name]).fetchone() is None
    assert vacuumed.said == said
