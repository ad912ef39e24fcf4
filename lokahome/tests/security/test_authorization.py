"""Every operation of the API, asked by everybody about everything, against the table.

The rows come from the OpenAPI document: an operation that is added without a row fails
`test_the_table_is_complete`, whose message proposes the row. Read it before you commit
it; nothing here writes expectations by itself.
"""

from __future__ import annotations

import pytest

from lokahome.tests.security.asking import row_named, rows
from lokahome.tests.security.checking import ask_all, gaps
from lokahome.tests.security.table import (
    ACTORS,
    header,
    read_disclosures,
    read_table,
    written,
)

TABLE = read_table()
BEARERS = {"appeal_create": "who cannot sign in has an `appeal_token` in the body"}
"""Operations that the document keeps for a token, and that take something else too."""


DISCLOSED = read_disclosures()


def test_the_table_is_complete(asker):
    """A new operation has its row before it is merged, and a removed one loses it."""
    missing, stale = gaps(TABLE)
    assert not stale, f"no such operation any more: {', '.join(stale)}"
    proposed = [written(row.name, ask_all(asker, row).answers) for row in missing]
    assert not missing, "\n".join(
        ["authorization.txt lacks rows; read them, then add them:", header(), *proposed]
    )


def test_every_object_of_a_path_is_known():
    """A path with an id is asked about something: NOUNS or ASKS has to say what."""
    unsaid = [
        row.name
        for row in rows()
        if not row.thing
        and (row.reference or set(row.operation.parameters) - set(row.ask.words))
    ]
    assert unsaid == []


@pytest.mark.parametrize("name", TABLE)
def test_answers(asker, name):
    """Each actor gets the table's answers, and learns nothing by the others."""
    row = row_named(name)
    found = ask_all(asker, row, TABLE[name])
    proposed = f"\nproposed: {written(name, found.answers)}" if found.faults else ""
    assert found.faults == [], "\n".join(found.faults) + proposed
    told = {item for item in found.told if item not in DISCLOSED.get(name, set())}
    assert told == set(), "secrets of others: not in disclosures.txt"
    unused = DISCLOSED.get(name, set()) - found.told
    assert unused == set(), "disclosures.txt allows what nobody is told"


@pytest.mark.parametrize("name", TABLE)
def test_the_schema_says_who_may_come(name):
    """What needs a token says so, and what says so answers 401 without one."""
    operation = row_named(name).operation
    anonymous = set(TABLE[name]["anonymous"])
    if operation.name in BEARERS:
        return
    if operation.needs_token:
        assert anonymous == {"401"}
    elif not operation.is_open:
        assert "401" not in anonymous


def test_disclosures_are_about_rows():
    """A line about a row that is gone would allow something for ever."""
    assert DISCLOSED.keys() - TABLE.keys() == set()
    actors = {actor for told in DISCLOSED.values() for actor, _secret in told}
    assert actors <= set(ACTORS)
