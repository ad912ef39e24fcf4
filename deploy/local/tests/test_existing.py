from dataclasses import replace

import pytest

from deploy.local import existing
from deploy.local.cluster import EXTENSIONS

GOOD = existing.Facts(
    database="homes",
    app="web",
    owner="boss",
    extensions=set(EXTENSIONS),
    template_extensions={"postgis"},
)


def test_fit_servers_get_no_complaint():
    assert existing.complaints(GOOD, testing=True) == []


@pytest.mark.parametrize(
    ("change", "sql"),
    [
        (
            {"extensions": {"postgis", "pg_trgm", "unaccent"}},
            "CREATE EXTENSION IF NOT EXISTS btree_gist;",
        ),
        ({"app_is_superuser": True}, "ALTER ROLE web NOSUPERUSER"),
        ({"app_may_create": True}, "REVOKE CREATE ON SCHEMA public FROM web, PUBLIC;"),
        ({"app_is_in_owner": True}, "REVOKE boss FROM web;"),
        ({"app": "boss"}, "CREATE ROLE lokahome_app LOGIN PASSWORD '...';"),
        (
            {"owner_may_create_schema_objects": False},
            "ALTER DATABASE homes OWNER TO boss;",
        ),
        ({"owner_may_create_databases": False}, "ALTER ROLE boss CREATEDB;"),
        (
            {"template_extensions": set()},
            "\\connect template1\n    CREATE EXTENSION IF NOT EXISTS postgis;",
        ),
    ],
)
def test_each_fault_is_named_with_the_sql_that_mends_it(change, sql):
    (text,) = existing.complaints(replace(GOOD, **change), testing=True)
    assert sql in text


def test_running_does_not_ask_for_what_only_tests_need():
    facts = replace(GOOD, owner_may_create_databases=False, template_extensions=set())
    assert existing.complaints(facts, testing=False) == []


def test_an_old_server_and_two_databases_are_named():
    facts = replace(GOOD, version=14, same_database=False)
    first, second = existing.complaints(facts, testing=False)
    assert "PostgreSQL 14" in first
    assert "different databases" in second


def test_a_refused_role_gets_the_sql_that_makes_it():
    text = existing.refused(
        "DATABASE_OWNER_URL", "postgis://boss:pw@db.example/homes", "no such role"
    )
    assert "CREATE ROLE boss LOGIN CREATEDB PASSWORD '...';" in text
    assert "CREATE DATABASE homes OWNER boss;" in text
    assert "pw@" not in text
