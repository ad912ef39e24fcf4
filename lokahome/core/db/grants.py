"""What the application's database role may do: read and write rows, and no more.

Two roles: the *owner* migrates, the *application* runs. After each migration the grants
are written anew from the models, so a new table is never forgotten, and append-only
tables (`AppendOnlyModel`) get neither UPDATE nor DELETE, plus a trigger against owners.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = '42501';
END $$
"""


def append_only_tables() -> list[str]:
    """Return the tables whose rows are written once."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "append_only", False)
    )


def grant_application_role(using: str = "owner", **_: Any) -> None:
    """Grant the application's role its rights on every table and sequence.

    Runs as the owner after `migrate`. Idempotent. Does nothing when both roles are one,
    which system check ``lokahome.E004`` reports outside DEBUG.
    """
    role = settings.DATABASES["default"]["USER"]
    connection = connections[using]
    if connection.settings_dict["USER"] == role:
        return
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
            " TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=name))
        cursor.execute(REFUSE_CHANGE)
        existing = set(connection.introspection.table_names(cursor))
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'written_once'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
        for table in append_only_tables():
            if table not in existing:
                continue
            parts = {"role": name, "table": sql.Identifier(table)}
            statements = ["REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"]
            if table not in guarded:  # making one locks the table
                statements.append(
                    "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table}"
                    " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                )
            for statement in statements:
                cursor.execute(sql.SQL(statement).format(**parts))
        for table in ("django_migrations",):
            cursor.execute(
                sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}").format(
                    table=sql.Identifier(table), role=name
                )
            )
