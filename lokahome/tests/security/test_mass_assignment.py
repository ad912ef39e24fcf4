"""Members that nobody offered: every field of every model, posted to every write.

The same request is sent plainly twice and then with all the fields there are, in two
sets of values. What the two plain ones write alike is what the operation writes; with
the fields it has to be the same, and the planted values may stand nowhere.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from psycopg import sql

from lokahome.tests.security.asking import Asker, Row, row_named
from lokahome.tests.security.operations import JSON, operations
from lokahome.tests.security.table import ACTORS, operations_in, read_table
from lokahome.tests.security.watching import touched_since, undone, written_so_far

OURS = ("core", "accounts", "payments", "properties", "marketplace", "messaging")
PLANTED = "planted-by-a-stranger"
PLANTED_ID = "01890000-0000-7000-8000-00000bad0bad"
PLANTED_NUMBER = 7_654_321
PLANTED_DAY = "2039-12-31"
TELLTALE = (PLANTED, PLANTED_ID, str(PLANTED_NUMBER), PLANTED_DAY)
NOT_A_COPY = frozenset({"core_idempotencykey"})
"""Holds a digest of the body, which is another one."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:[+-][\d:]+|Z)?")
"""Some are kept to the second: two requests may or may not meet in one."""
TABLE = read_table()
Written = dict[str, Counter[str]]


def writes() -> list[str]:
    """Return the operations that take JSON and that the table says somebody may do."""
    return [
        name
        for name, operation in operations().items()
        if operation.body is not None and set(operation.media_types) & set(JSON)
    ]


@functools.cache
def fields() -> dict[str, list[models.Field[Any, Any]]]:
    """Return the fields of all our models by the names that a body might use."""
    found: dict[str, list[models.Field[Any, Any]]] = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.fields:
                for name in {field.name, field.attname}:
                    found.setdefault(name, []).append(field)
    return found


def planted(field: models.Field[Any, Any], *, second: bool) -> Any:
    """Return a value of the field's type that no service would choose."""
    if field.choices:
        values = [value for value, _label in field.flatchoices]
        return values[-1 if second else 0]
    match field:
        case models.BooleanField():
            return second
        case models.UUIDField() | models.ForeignKey():
            return PLANTED_ID
        case models.DateTimeField():
            return f"{PLANTED_DAY}T23:59:59Z"
        case models.DateField():
            return PLANTED_DAY
        case models.IntegerField():
            return PLANTED_NUMBER + second
        case models.JSONField():
            return {PLANTED: PLANTED}
        case models.CharField() | models.TextField():
            return PLANTED[: field.max_length or 40]
    return PLANTED


def extras(row: Row, tables: set[str], *, second: bool) -> dict[str, Any]:
    """Return every field that the schema of *row* does not list, with its value.

    Several models may have a field of one name: those that the operation writes to come
    first.
    """
    assert row.operation.body is not None
    listed = set(row.operation.body.get("properties", {}))
    return {
        name: planted(
            min(found, key=lambda field: field.model._meta.db_table not in tables),
            second=second,
        )
        for name, found in fields().items()
        if name not in listed
    }


def rows_of(tables: set[str]) -> dict[str, set[str]]:
    """Return every row of *tables* as JSON."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            query = sql.SQL("SELECT to_jsonb(row)::text FROM {} AS row")
            cursor.execute(query.format(sql.Identifier(table)))
            found[table] = {text for (text,) in cursor.fetchall()}
    return found


def when(moment: re.Match[str]) -> str:
    """Return the moment that was planted, and one word for every other."""
    return PLANTED_DAY if PLANTED_DAY in moment[0] else "a moment"


def written_by(
    asker: Asker, row: Row, actor: str, extra: dict[str, Any]
) -> tuple[int, Written, set[str]]:
    """Return the status, what each column of each new or changed row holds, the tables."""
    scene = asker.scene(row, actor, "own")
    body = {**extra, **(asker.body(row, scene) or {})}
    path, headers = asker.path(row, scene), asker.headers(row, scene)
    with undone():
        before = written_so_far()
        status, *_ = asker._send(
            actor, row.operation.method, path, json.dumps(body).encode(), "", headers
        )
        touched = touched_since(before) - NOT_A_COPY
        after = rows_of(touched)
    was = rows_of(touched)
    found: Written = {}
    for table in touched:
        for text in after[table] - was[table]:
            for column, value in json.loads(text).items():
                said = MOMENT.sub(when, repr(value))
                found.setdefault(f"{table}.{column}", Counter())[said] += 1
    return status, found, touched


def who_may(name: str) -> tuple[str, str] | None:
    """Return a row of the operation, and the first actor whom it serves in full."""
    if name in FOUNDERS:
        return name, "founder"
    for row in (name, *(row for row in TABLE if row.startswith(f"{name}:"))):
        for actor in ACTORS:
            if TABLE[row][actor][0].startswith("2"):
                return row, actor
    return None


def test_there_are_fields_and_writes():
    """A list that shrank to nothing would pass every test below."""
    assert len(fields()) > 300
    assert {"status", "is_staff", "landlord_id", "level", "captured_amount"} <= set(
        fields()
    )
    assert len(writes()) > 40


@pytest.mark.parametrize("name", operations_in(TABLE))
def test_fields_that_are_not_offered_are_not_taken(asker, name):
    """Neither refused nor heard: the write is the one without them."""
    if name not in writes():
        return
    served = who_may(name)
    if served is None:
        assert name in NOBODY_HERE, "say why nobody can do it here"
        return
    row, actor = served
    assert accepted(asker, row_named(row), actor) == []


FOUNDERS = frozenset({"agency_member_update"})
"""What the owner of an agency does, who is no column of the table."""
NOBODY_HERE = {
    "agency_update": "an agency that was checked keeps what was checked",
    "identity_create": "needs what the other issuer signed",
    "oidc_sign_in_create": "off until its keys are set",
    "webhook_create": "needs the gateway's signature",
}
"""Operations that nobody of the world can carry out, and why."""


def accepted(asker: Asker, row: Row, actor: str) -> list[str]:
    """Return which columns took what nobody offered."""
    status, plain, touched = written_by(asker, row, actor, {})
    _status, again, _touched = written_by(asker, row, actor, {})
    assert status < 300, f"{row.name}: {status}"
    faults = []
    for second in (False, True):
        extra = extras(row, touched, second=second)
        code, written, _tables = written_by(asker, row, actor, extra)
        if code >= 400:  # strict about what it does not know: refused as a whole
            faults += [f"refused, and wrote {c}" for c in written if "limit" not in c]
            continue
        for column, values in written.items():
            steady = plain.get(column) == again.get(column)
            if steady and values != plain.get(column):
                faults.append(
                    f"{column}: {dict(plain.get(column, {}))} -> {dict(values)}"
                )
            faults += [
                f"{column} holds {value}"
                for value in values
                if any(sign in value for sign in TELLTALE)
            ]
    return faults
